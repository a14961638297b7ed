SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# how long each fuzz target runs
FUZZTIME ?= 60s
# the real servers to test against: all, or names of folders in conformance/servers
SERVERS ?=
# the clients of other makers to ask: all, or names of folders in conformance/clients
CLIENTS ?=
# folder for the reports of the suite in JSON, and the page with all servers; nothing for none
REPORTS ?=
# the servers that are asked TIMES in a row
STEADY := postfix exim aiosmtpd
TIMES ?= 20
# what to measure: tables and flags of bench; nothing for the ten minutes' worth
ARGS ?=
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# each module of the workspace: the library, and what needs more than the library does
each_module = for m in $$(go list -m -f '{{.Dir}}'); do cd "$$m"; $(1); done

.PHONY: help demo test race vet generate check deps takeout fuzz conformance conformance-matrix conformance-repeat conformance-pages conformance-auth conformance-clients bench

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-19s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## send one message to a server of our own and show the conversation
	go run ./tools/smtpsend --demo

test: ## all tests of all modules; needs no C compiler and no network but for Go modules
	@export CGO_ENABLED=0; $(call each_module,echo "go test ./... in $$m"; go test ./...)

race: ## all tests under the race detector; needs a C compiler
	@export CGO_ENABLED=1; $(call each_module,echo "go test -race ./... in $$m"; go test -race ./...)

vet: ## gofmt, go vet and staticcheck over all modules
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not formatted; run gofmt -w on:"; echo "$$unformatted"; exit 1; fi
	@tags=-tags=realservers,takeout,browser; $(call each_module,echo "go vet and staticcheck in $$m"; go vet $$tags ./...; go run $(STATICCHECK) $$tags ./...)

generate: ## compile spec/ into everything that is generated
	go run ./tools/smtpgen generate

check: ## check spec/ without writing anything, and whether what is generated is what spec/ says
	go run ./tools/smtpgen check

deps: ## the modules that an importer of each package compiles, beside the standard library
	@for p in smtp auth smtp/smtpclient smtp/smtptest smtp/message; do \
		echo "$$p:" $$(go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}' ./$$p | sort -u); \
	done

takeout: ## take out one extension at a time and regenerate: the rest has to build and to pass its tests
	go test -count=1 -v -timeout 60m -tags takeout -run '^TestTakeOut$$' ./tools/smtpgen

fuzz: ## run every fuzz target for FUZZTIME (60s)
	@for m in $$(go list -m -f '{{.Dir}}'); do \
		cd "$$m"; \
		go test -list '^Fuzz' ./... | awk '/^Fuzz/{t[++n]=$$1} /^ok/{for(i=1;i<=n;i++)print $$2,t[i];n=0}' | \
		while read -r package target; do \
			echo "$$target in $$package for $(FUZZTIME)"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) "$$package" </dev/null; \
		done; \
	done

conformance: ## send to real mail servers, and ask each what the suite asks (SERVERS="postfix exim"); needs root and Debian 12
	@conformance/servers/ctl.sh install $(or $(SERVERS),$$(conformance/servers/ctl.sh list auth))
	go test -count=1 -v -timeout 30m -parallel 3 -tags realservers -skip '^TestAuth$$' ./conformance/servers -servers '$(SERVERS)' -reports '$(if $(REPORTS),$(abspath $(REPORTS)))'

conformance-matrix: ## ask all real servers, and write docs/conformance-matrix.md; as conformance
	@conformance/servers/ctl.sh install $$(conformance/servers/ctl.sh list auth)
	go test -count=1 -v -timeout 30m -parallel 3 -tags realservers -run '^TestConformance$$' ./conformance/servers -update -reports '$(if $(REPORTS),$(abspath $(REPORTS)))'

conformance-repeat: ## ask three real servers 20 times in a row: the verdicts have to be equal (SERVERS="postfix exim", TIMES=20)
	@conformance/servers/ctl.sh install $(or $(SERVERS),$(STEADY))
	go test -count=1 -v -timeout 60m -parallel 1 -tags realservers -run '^TestConformance$$' ./conformance/servers -servers '$(or $(SERVERS),$(STEADY))' -times $(TIMES)

conformance-pages: ## the suite's pages in headless Chromium: search, filter, a phone's width, dark; needs Debian
	@command -v chromium >/dev/null || { apt-get update -qq; apt-get install -y -qq --no-install-recommends chromium >/dev/null; }
	go test -count=1 -tags browser -run '^TestPages$$' ./conformance

conformance-auth: ## log in to real mail servers by each mechanism that they offer (SERVERS="dovecot mox"); as conformance
	@conformance/servers/ctl.sh install $(or $(SERVERS),$$(conformance/servers/ctl.sh list auth))
	go test -count=1 -v -tags realservers -run '^TestAuth$$' ./conformance/servers -servers '$(SERVERS)'
	@case " $(or $(SERVERS),postfix) " in *" postfix "*) go test -count=1 -v -tags realservers -run '^TestPostfix$$' ./auth/ntlm ;; esac

conformance-clients: ## ask clients of other makers what the suite for clients asks, and hold docs/clients-matrix.md to it (CLIENTS="mox curl", UPDATE=1 writes it); needs root and Debian 12
	@conformance/clients/install.sh
	go test -count=1 -v -timeout 30m -parallel 3 -tags realclients ./conformance/clients -base "$${TABELLARIUS_CLIENTS:-/tmp/tabellarius-clients}" -clients '$(CLIENTS)' -reports '$(if $(REPORTS),$(abspath $(REPORTS)))' $(if $(UPDATE),-update)

bench: ## measure beside other libraries, ten minutes (ARGS="small flights"; ARGS=list shows the tables)
	go run ./tools/bench $(ARGS)
