module github.com/tabellarius/tabellarius/tools

go 1.26

require github.com/alecthomas/kong v1.17.0
