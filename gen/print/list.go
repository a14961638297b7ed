package print

import (
	"bytes"
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/tabellarius/tabellarius/gen/plan"
)

// List writes package typed, which names all that package smtp has a type for,
// so that a test can hold of each.
func List(p *plan.Plan) ([]byte, error) {
	f := jen.NewFilePathName("github.com/tabellarius/tabellarius/fuzz/typed", "typed")
	f.HeaderComment(Marker)
	f.ImportName(Engine, "smtp")
	f.PackageComment("Package typed lists what package smtp has a type for, for tests that hold of each.")
	var commands, params, keywords []jen.Code
	for _, c := range p.Commands {
		if c.Line {
			commands = append(commands, jen.Op("&").Add(engine(c.Go)).Values())
		}
	}
	for _, q := range p.Params {
		params = append(params, engine(q.Go))
	}
	for _, k := range p.Keywords {
		keywords = append(keywords, engine(k.Go+"Keyword"))
	}
	f.Line()
	f.Comment("Commands has a value of each command that is a line.")
	f.Var().Id("Commands").Op("=").Index().Add(engine("Command")).Custom(lines, commands...)
	f.Line()
	f.Comment("Params has the key of each parameter, an [smtp.ParamKey].")
	f.Var().Id("Params").Op("=").Index().Any().Custom(lines, params...)
	f.Line()
	f.Comment("Keywords has the key of each EHLO keyword, an [smtp.KeywordKey].")
	f.Var().Id("Keywords").Op("=").Index().Any().Custom(lines, keywords...)
	var b bytes.Buffer
	if err := f.Render(&b); err != nil {
		return nil, fmt.Errorf("gen: the list of what has a type can't be written: %w", err)
	}
	return b.Bytes(), nil
}
