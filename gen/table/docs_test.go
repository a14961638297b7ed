package table

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/spec"
)

const docs = "../../docs/table.md"

// docs/table.md explains every key, every word of a closed list and every rule.
func TestDocsExplainEveryWord(t *testing.T) {
	text := readDocs(t)
	explained := func(what string, words ...string) {
		for _, w := range words {
			if !strings.Contains(text, "`"+w+"`") && !strings.Contains(text, "`{"+w+":") && !strings.Contains(text, "`"+w+": ") {
				t.Errorf("%s does not explain %s %q", docs, what, w)
			}
		}
	}
	for kind, keys := range keysOf {
		explained("of "+kind+" the key", keys...)
	}
	explained("the word", slices.Concat(awaitWords, scopeWords, payloadWords, groupWords, countWords, classWords, effectWords, offerWords)...)
	explained("the role", slices.Concat(commandRoles, factRoles, paramRoles, valueRoles, keywordRoles)...)
	explained("the value", slices.Concat(argKinds, keywordKinds, paramKinds, elemKinds)...)
	explained("the target", append(slices.Clone(stateTargets), setAll)...)
	explained("the rule", rules...)
}

// A sample that is marked complete is a file that loads.
func TestDocsSamplesLoad(t *testing.T) {
	samples := regexp.MustCompile("(?s)```yaml complete\n(.*?)```").FindAllStringSubmatch(readDocs(t), -1)
	if len(samples) == 0 {
		t.Fatalf("%s has no complete sample", docs)
	}
	for _, s := range samples {
		if _, problems := Load(spec.FS, File{Name: "sample.yaml", Data: []byte(s[1])}); len(problems) > 0 {
			t.Errorf("a sample of %s does not load:\n%v", docs, problems)
		}
	}
}

// Every other sample is YAML whose keys the loader knows.
func TestDocsSamplesAreRead(t *testing.T) {
	samples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(readDocs(t), -1)
	for _, s := range samples {
		l := &loader{report: &report{}, t: &Table{}}
		if strings.HasPrefix(s[1], "server:") {
			l.loadStates(File{"sample.yaml", []byte(s[1])})
		} else {
			l.loadExtension(File{"sample.yaml", []byte("extension: SAMPLE\nrfc: 9999\n" + s[1])}, false)
		}
		for _, p := range l.problems {
			if p.Pos.Line > 1 || p.Rule != "missing-key" {
				t.Errorf("a sample of %s is not read: %v\n%s", docs, p, s[1])
			}
		}
	}
}

// Every rule is broken by a case of testdata/bad, but for the limits, which
// have a test of their own, and no case breaks a rule that docs/table.md lacks.
func TestEveryRuleHasACase(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.want")
	if err != nil {
		t.Fatal(err)
	}
	met := map[string]bool{"limit": true}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^\S+:\d+:\d+: ([a-z-]+): `).FindAllStringSubmatch(string(data), -1) {
			met[m[1]] = true
			if !contains(rules, m[1]) {
				t.Errorf("%s: there is no rule %q", file, m[1])
			}
		}
	}
	for _, rule := range rules {
		if !met[rule] {
			t.Errorf("no case of testdata/bad breaks the rule %s", rule)
		}
	}
}

func readDocs(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
