package smtp_test

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/fuzz/typed"
	"github.com/tabellarius/tabellarius/smtp"
)

// typedText is a command as text: its fields by their names, but for those that
// are empty, and its parameters with their values in Go.
func typedText(c smtp.Command) string {
	v := reflect.ValueOf(c).Elem()
	parts := []string{v.Type().Name()}
	for i := range v.NumField() {
		f := v.Field(i)
		if params, ok := f.Interface().(*smtp.Params); ok {
			for id, value := range params.All() {
				parts = append(parts, paramText(id, value))
			}
			continue
		}
		if !f.IsZero() {
			parts = append(parts, v.Type().Field(i).Name+":"+valueText(f))
		}
	}
	return strings.Join(parts, " ")
}

func paramText(id smtp.Param, value []byte) string {
	name := smtp.Table.Params[id].Name
	_, parse := paramFuncs(id)
	if !parse.IsValid() {
		return name
	}
	out := parse.Call([]reflect.Value{reflect.ValueOf(value)})
	if err := out[1].Interface(); err != nil {
		return fmt.Sprintf("%s:%v", name, err)
	}
	return name + ":" + valueText(out[0])
}

// throughType reads the value of a parameter into its type, and writes it.
func throughType(t *testing.T, id smtp.Param, value []byte) []byte {
	t.Helper()
	write, parse := paramFuncs(id)
	if !parse.IsValid() {
		return value
	}
	out := parse.Call([]reflect.Value{reflect.ValueOf(value)})
	if err := out[1].Interface(); err != nil {
		t.Fatalf("%s=%s: %v", smtp.Table.Params[id].Name, value, err)
	}
	out = write.Call([]reflect.Value{reflect.ValueOf([]byte(nil)), out[0]})
	if err := out[1].Interface(); err != nil {
		t.Fatalf("%s=%s: %v", smtp.Table.Params[id].Name, value, err)
	}
	return out[0].Bytes()
}

// paramFuncs are Append and Parse of a parameter's key; of one without value
// they are not valid.
func paramFuncs(id smtp.Param) (write, parse reflect.Value) {
	for _, key := range typed.Params {
		if k := reflect.ValueOf(key); smtp.Param(k.FieldByName("Param").Uint()) == id && !k.FieldByName("Parse").IsNil() {
			return k.FieldByName("Append"), k.FieldByName("Parse")
		}
	}
	return reflect.Value{}, reflect.Value{}
}

func paramsField(c smtp.Command) reflect.Value {
	return reflect.ValueOf(c).Elem().FieldByName("Params")
}

func hasParams(c smtp.Command) bool {
	f := paramsField(c)
	return f.IsValid() && f.Interface().(*smtp.Params).Len() > 0
}

func valueText(v reflect.Value) string {
	if t, ok := v.Interface().(time.Time); ok {
		return t.Format(time.RFC3339)
	}
	switch v.Kind() {
	case reflect.String:
		return strconv.Quote(v.String())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return strconv.Quote(string(v.Bytes()))
		}
		var parts []string
		for i := range v.Len() {
			parts = append(parts, valueText(v.Index(i)))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case reflect.Struct:
		var parts []string
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				parts = append(parts, v.Type().Field(i).Name+":"+valueText(v.Field(i)))
			}
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	return fmt.Sprint(v.Interface())
}

// cutEnhanced cuts the enhanced status code off the texts of a reply, if they
// have one.
func cutEnhanced(texts []string) (e smtp.EnhancedCode) {
	for i, text := range texts {
		code, rest, _ := strings.Cut(text, " ")
		var c smtp.EnhancedCode
		if n, err := fmt.Sscanf(code, "%d.%d.%d", &c[0], &c[1], &c[2]); n != 3 || err != nil || c.String() != code {
			return smtp.EnhancedCode{}
		}
		e, texts[i] = c, rest
	}
	return e
}

// offered are the keywords of EHLO lines that the table has.
func offered(lines []string) (all []smtp.Offer) {
	for _, l := range lines {
		word, args, _ := strings.Cut(l, " ")
		if k := keyword(word); k != 0 {
			all = append(all, smtp.Offer{Keyword: k, Args: args})
		}
	}
	return all
}
