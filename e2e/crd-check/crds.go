package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	runtimeschema "k8s.io/apimachinery/pkg/runtime/schema"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// customKind is what the API server keeps of a version of a CustomResourceDefinition.
type customKind struct {
	namespaced bool
	structural *schema.Structural
	openapi    validation.SchemaValidator
	cel        *cel.Validator
}

// kinds holds for each kind how to compile it: the rules of one kind cost more than reading all of them.
type kinds map[runtimeschema.GroupVersionKind]func() (customKind, error)

// loadKinds reads every CustomResourceDefinition of the folders, those below them not. Charts keep them as templates of
// which only whole lines are the template's: these are left out.
func loadKinds(folders []string) (kinds, error) {
	found := kinds{}
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			if err := eachDocumentOf(bytes.NewReader(withoutTemplate(content)), func(document []byte) error {
				return addKinds(found, document)
			}); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("%s has no .yaml files", folder)
		}
	}
	return found, nil
}

func addKinds(found kinds, document []byte) error {
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(document, &crd); err != nil {
		return err
	}
	if crd.Kind != "CustomResourceDefinition" {
		return nil
	}
	for _, version := range crd.Spec.Versions {
		if !version.Served || version.Schema == nil {
			continue
		}
		gvk := runtimeschema.GroupVersionKind{Group: crd.Spec.Group, Version: version.Name, Kind: crd.Spec.Names.Kind}
		found[gvk] = sync.OnceValues(func() (customKind, error) {
			return compile(version.Schema, crd.Spec.Scope == apiextensionsv1.NamespaceScoped)
		})
	}
	return nil
}

func compile(version *apiextensionsv1.CustomResourceValidation, namespaced bool) (customKind, error) {
	internal := apiextensions.CustomResourceValidation{}
	if err := apiextensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(
		version, &internal, nil); err != nil {
		return customKind{}, err
	}
	structural, err := schema.NewStructural(internal.OpenAPIV3Schema)
	if err != nil {
		return customKind{}, err
	}
	openapi, _, err := validation.NewSchemaValidator(internal.OpenAPIV3Schema)
	if err != nil {
		return customKind{}, err
	}
	return customKind{
		namespaced: namespaced,
		structural: structural,
		openapi:    openapi,
		cel:        cel.NewValidator(structural, true, celconfig.PerCallLimit),
	}, nil
}

func withoutTemplate(content []byte) []byte {
	lines := strings.Split(string(content), "\n")
	kept := lines[:0]
	for _, line := range lines {
		if !strings.HasPrefix(strings.TrimSpace(line), "{{") {
			kept = append(kept, line)
		}
	}
	return []byte(strings.Join(kept, "\n"))
}

func newReader(in io.Reader) *bufio.Reader { return bufio.NewReader(in) }

// blank says whether a document holds nothing but comments.
func blank(document []byte) bool {
	for _, line := range strings.Split(string(document), "\n") {
		line = strings.TrimSpace(line)
		if line != "" && line != "---" && !strings.HasPrefix(line, "#") {
			return false
		}
	}
	return true
}
