module github.com/tabellarius/tabellarius

go 1.26
