// crd-check says what a Kubernetes API server would refuse in manifests, without one.
//
//	crd-check --crds FOLDER [--crds FOLDER]... FILE...   ("-" is standard input)
//
// Custom resources go through the API server's own code: OpenAPI, CEL rules, list sets and maps, unknown fields.
// Built-in kinds are decoded strictly, so that unknown fields and wrong types are found; their values are not judged.
//
// It prints a JSON object a document: {file, kind, name, problems}. Exit 0 all right, 1 problems, 2 could not run.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

type folders []string

func (f *folders) String() string     { return fmt.Sprint(*f) }
func (f *folders) Set(s string) error { *f = append(*f, s); return nil }

// Finding is what is printed for a document.
type Finding struct {
	File     string   `json:"file"`
	Kind     string   `json:"kind"`
	Name     string   `json:"name"`
	Problems []string `json:"problems"`
}

func main() {
	var crdFolders folders
	flag.Var(&crdFolders, "crds", "folder of CustomResourceDefinitions; may be given again")
	flag.Parse()
	wrong, err := run(crdFolders, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "crd-check:", err)
		os.Exit(2)
	}
	if wrong {
		os.Exit(1)
	}
}

func run(crdFolders, files []string) (wrong bool, err error) {
	if len(files) == 0 {
		return false, errors.New("name the files to check, or - for standard input")
	}
	kinds, err := loadKinds(crdFolders)
	if err != nil {
		return false, err
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for _, file := range files {
		if err := eachDocument(file, func(document []byte) error {
			finding := check(kinds, document)
			finding.File = file
			wrong = wrong || len(finding.Problems) > 0
			return out.Encode(finding)
		}); err != nil {
			return wrong, fmt.Errorf("%s: %w", file, err)
		}
	}
	return wrong, nil
}

// eachDocument calls do with every document of a YAML file that is not empty.
func eachDocument(file string, do func([]byte) error) error {
	in := io.Reader(os.Stdin)
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return err
		}
		defer opened.Close()
		in = opened
	}
	return eachDocumentOf(in, do)
}

func eachDocumentOf(in io.Reader, do func([]byte) error) error {
	documents := utilyaml.NewYAMLReader(newReader(in))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if blank(document) {
			continue
		}
		if err := do(document); err != nil {
			return err
		}
	}
}
