// The warm worker of Go: parses and checks types in memory; runs nothing.
// Arguments: a file of lines `packagefile PATH=FILE` with the export data of all packages, and the
// folder of Go.
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
	"path"
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
	Main     int       `json:"main"`  // byte offset of the name of the tests' `func main`, or -1
	Exits    [][2]int  `json:"exits"` // byte offsets of the arguments of `os.Exit` in the tests
}

// Names of the library's packages.
var library = map[string]bool{}

// Names of the language that programs declare for themselves, since older ones do not have them.
var added = map[string]bool{"min": true, "max": true, "clear": true, "any": true, "comparable": true}

// The tests begin at the byte `tests`, if it is positive.
func judge(source string, tests int, packages types.Importer, fset *token.FileSet) answer {
	result := answer{[]finding{}, -1, [][2]int{}}
	add := func(code, message string, at token.Position) {
		if at.IsValid() { // its line may be the one that a directive gives
			before := source[:at.Offset]
			at.Line = strings.Count(before, "\n") + 1
			at.Column = at.Offset - strings.LastIndex(before, "\n")
		}
		result.Findings = append(result.Findings, finding{message, code, at.Line, at.Column, "error"})
	}
	file, err := parser.ParseFile(fset, "program.go", source, parser.AllErrors|parser.ParseComments)
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
		if strings.HasPrefix(e.Msg, "\t") { // goes on with the one before
			return
		}
		code := "type"
		if e.Soft {
			code = "soft"
		}
		add(code, e.Msg, fset.Position(e.Pos))
	}}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	scope, _ := config.Check("main", fset, []*ast.File{file}, info)
	if len(result.Findings) == 0 {
		directives(file, fset, add)
	}
	if tests > 0 && len(result.Findings) == 0 {
		look(source, tests, file, scope, info, fset, &result, add)
	}
	for _, declared := range file.Decls {
		if f, ok := declared.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "main" {
			if at := fset.Position(f.Name.Pos()).Offset; at >= tests {
				result.Main = at
			}
		}
	}
	return result
}

// What the compiler refuses and the checker of types does not: functions without a body, and
// directives without the package that they belong to.
func directives(file *ast.File, fset *token.FileSet, add func(string, string, token.Position)) {
	imports := map[string]bool{}
	for _, each := range file.Imports {
		imports[strings.Trim(each.Path.Value, "\"`")] = true
	}
	linked := map[string]bool{}
	for _, group := range file.Comments {
		for _, comment := range group.List {
			words := strings.Fields(comment.Text)
			of := map[string]string{"//go:embed": "embed", "//go:linkname": "unsafe"}[words[0]]
			if of == "" || fset.PositionFor(comment.Pos(), false).Column != 1 {
				continue
			}
			if !imports[of] {
				message := fmt.Sprintf("%s only allowed in Go files that import %q", words[0][2:], of)
				add("type", message, fset.Position(comment.Pos()+2))
			}
			if of == "unsafe" && len(words) > 1 {
				linked[words[1]] = true
			}
		}
	}
	for _, declared := range file.Decls {
		if f, ok := declared.(*ast.FuncDecl); ok && f.Body == nil && !(f.Recv == nil && linked[f.Name.Name]) {
			add("type", "missing function body", fset.Position(f.Name.Pos()))
		}
	}
}

// Whether the tests are what they say: no token of the program reaches into them, and names of the
// language mean there what they mean in the language. Notes where they exit.
func look(source string, tests int, file *ast.File, scope *types.Package, info *types.Info,
	fset *token.FileSet, result *answer, add func(string, string, token.Position)) {
	var words scanner.Scanner
	whole := token.NewFileSet().AddFile("", -1, len(source))
	words.Init(whole, []byte(source), nil, scanner.ScanComments)
	for {
		at, kind, text := words.Scan()
		if kind == token.EOF {
			break
		}
		if begin := whole.Offset(at); begin < tests && begin+len(text) > tests && text != "\n" {
			add("tests", "the program does not end before its tests", token.Position{})
		}
	}
	for word, object := range info.Uses {
		if fset.Position(word.Pos()).Offset >= tests && object.Parent() == scope.Scope() &&
			fset.Position(object.Pos()).Offset < tests && !added[word.Name] &&
			types.Universe.Lookup(word.Name) != nil {
			add("tests", "the program declares "+word.Name+", which its tests use", fset.Position(object.Pos()))
		}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if of, ok := node.(*ast.SelectorExpr); ok && fset.Position(of.Pos()).Offset >= tests {
			word, _ := of.X.(*ast.Ident)
			if object := info.Uses[word]; word != nil && object.Parent() == scope.Scope() &&
				fset.Position(object.Pos()).Offset < tests && library[word.Name] {
				add("tests", "the program declares "+word.Name+", a package for its tests", fset.Position(object.Pos()))
			}
		}
		if call, ok := node.(*ast.CallExpr); ok && isExit(call, info) {
			begin, end := fset.Position(call.Lparen).Offset+1, fset.Position(call.Rparen).Offset
			if begin > tests {
				result.Exits = append(result.Exits, [2]int{begin, end})
			}
		}
		return true
	})
}

func isExit(call *ast.CallExpr, info *types.Info) bool {
	function, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || function.Sel.Name != "Exit" {
		return false
	}
	name, ok := function.X.(*ast.Ident)
	if !ok {
		return false
	}
	imported, ok := info.Uses[name].(*types.PkgName)
	return ok && imported.Imported().Path() == "os"
}

// The library's packages, without those that only itself may import.
type outside struct {
	types.Importer
	sources string
}

func (packages outside) Import(name string) (*types.Package, error) {
	if strings.Contains("/"+name+"/", "/internal/") {
		if _, err := os.Stat(path.Join(packages.sources, name)); err == nil {
			return nil, fmt.Errorf("use of internal package %s not allowed", name)
		}
	}
	return packages.Importer.Import(name)
}

func main() {
	exports := map[string]string{}
	list, _ := os.ReadFile(os.Args[1])
	for _, line := range strings.Split(string(list), "\n") {
		if parts := strings.SplitN(strings.TrimPrefix(line, "packagefile "), "=", 2); len(parts) == 2 {
			exports[parts[0]] = parts[1]
			if !strings.Contains(strings.Split(parts[0], "/")[0], ".") { // not of a module
				library[path.Base(parts[0])] = true
			}
		}
	}
	fset := token.NewFileSet()
	packages := importer.ForCompiler(fset, "gc", func(name string) (io.ReadCloser, error) {
		if file, ok := exports[name]; ok {
			return os.Open(file)
		}
		return nil, fmt.Errorf("no package %s", name)
	})
	fmt.Println(`{"ready":true}`)
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var request struct {
			Source string
			Tests  int
		}
		json.Unmarshal(line, &request)
		allowed := outside{packages, path.Join(os.Args[2], "src")}
		out, _ := json.Marshal(judge(request.Source, request.Tests, allowed, fset))
		fmt.Println(string(out))
	}
}
