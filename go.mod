module github.com/tabellarius/tabellarius

go 1.26.0

require (
	github.com/dave/jennifer v1.7.1
	github.com/google/go-cmp v0.7.0
	github.com/xdg-go/stringprep v1.0.4
	go.yaml.in/yaml/v4 v4.0.0
	golang.org/x/net v0.62.0
	pgregory.net/rapid v1.3.0
)

require golang.org/x/text v0.44.0 // indirect
