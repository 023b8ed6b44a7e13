// The warm worker of Go: parses and checks types in memory; runs nothing.
// Argument: a file of lines `packagefile PATH=FILE` with the standard library's export data.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"io"
	"os"
	"strings"
)

type finding struct {
	Message  string `json:"message"`
	Code     string `json:"code"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Severity string `json:"severity"`
}

type answer struct {
	Findings []finding `json:"findings"`
	Main     int       `json:"main"` // byte offset of the name of `func main`, or -1
}

func judge(source string, packages types.Importer, fset *token.FileSet) answer {
	result := answer{[]finding{}, -1}
	add := func(code, message string, at token.Position) {
		result.Findings = append(result.Findings, finding{message, code, at.Line, at.Column, "error"})
	}
	file, err := parser.ParseFile(fset, "program.go", source, parser.AllErrors)
	if list, ok := err.(scanner.ErrorList); ok {
		for _, e := range list {
			add("syntax", e.Msg, e.Pos)
		}
	}
	if err != nil {
		return result
	}
	config := types.Config{Importer: packages, Error: func(err error) {
		e := err.(types.Error)
		code := "type"
		if e.Soft {
			code = "soft"
		}
		add(code, e.Msg, fset.Position(e.Pos))
	}}
	config.Check("main", fset, []*ast.File{file}, nil)
	for _, declared := range file.Decls {
		if f, ok := declared.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "main" {
			result.Main = fset.Position(f.Name.Pos()).Offset
		}
	}
	return result
}

func main() {
	exports := map[string]string{}
	list, _ := os.ReadFile(os.Args[1])
	for _, line := range strings.Split(string(list), "\n") {
		if parts := strings.SplitN(strings.TrimPrefix(line, "packagefile "), "=", 2); len(parts) == 2 {
			exports[parts[0]] = parts[1]
		}
	}
	fset := token.NewFileSet()
	packages := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		if file, ok := exports[path]; ok {
			return os.Open(file)
		}
		return nil, fmt.Errorf("no package %s", path)
	})
	fmt.Println(`{"ready":true}`)
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var request struct{ Source string }
		json.Unmarshal(line, &request)
		out, _ := json.Marshal(judge(request.Source, packages, fset))
		fmt.Println(string(out))
	}
}
