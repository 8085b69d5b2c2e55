package main

import (
	"context"
	"fmt"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	structuraldefaulting "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	schemaobjectmeta "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	jsonserializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

func check(custom kinds, document []byte) Finding {
	// Strict, as the API server is with fieldValidation=Strict: a key that is there twice is a mistake.
	json, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return Finding{Problems: []string{err.Error()}}
	}
	object := map[string]any{}
	// Not encoding/json: integers must stay integers, or CEL rules fail on them.
	if err := utiljson.Unmarshal(json, &object); err != nil {
		return Finding{Problems: []string{err.Error()}}
	}
	resource := &unstructured.Unstructured{Object: object}
	gvk := resource.GroupVersionKind()
	finding := Finding{Kind: gvk.String(), Name: resource.GetName(), Problems: []string{}}
	compile, isCustom := custom[gvk]
	switch {
	case isCustom:
		kind, err := compile()
		if err != nil {
			finding.Problems = append(finding.Problems, err.Error())
			return finding
		}
		finding.Problems = append(finding.Problems, checkCustom(kind, resource)...)
	case scheme.Scheme.Recognizes(gvk):
		finding.Problems = append(finding.Problems, checkBuiltIn(json)...)
		finding.Problems = append(finding.Problems, texts(checkMeta(resource, resource.GetNamespace() != ""))...)
	default:
		finding.Problems = append(finding.Problems, fmt.Sprintf("no kind %s in version %s", gvk.Kind, gvk.GroupVersion()))
	}
	return finding
}

// checkBuiltIn finds unknown fields and wrong types.
func checkBuiltIn(json []byte) []string {
	strict := jsonserializer.NewSerializerWithOptions(jsonserializer.DefaultMetaFactory, scheme.Scheme, scheme.Scheme,
		jsonserializer.SerializerOptions{Strict: true})
	if _, _, err := strict.Decode(json, nil, nil); err != nil {
		if problems, ok := runtime.AsStrictDecodingError(err); ok {
			return texts(problems.Errors())
		}
		return []string{err.Error()}
	}
	return nil
}

// checkCustom does what the API server does on creation, in its order: unknown fields, defaults, OpenAPI, CEL.
func checkCustom(kind customKind, resource *unstructured.Unstructured) []string {
	object := resource.Object
	unknown := pruning.PruneWithOptions(object, kind.structural, true,
		schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	problems := []string{}
	for _, path := range unknown {
		problems = append(problems, fmt.Sprintf("unknown field %q", path))
	}
	structuraldefaulting.Default(object, kind.structural)
	found := checkMeta(resource, kind.namespaced)
	found = append(found, schemaobjectmeta.Validate(nil, object, kind.structural, false)...)
	found = append(found, validation.ValidateCustomResource(nil, object, kind.openapi)...)
	found = append(found, listtype.ValidateListSetsAndMaps(nil, kind.structural, object)...)
	byRules, _ := kind.cel.Validate(context.Background(), nil, kind.structural, object, nil, celconfig.RuntimeCELCostBudget)
	return append(problems, texts(append(found, byRules...))...)
}

// checkMeta judges name, labels and annotations. A manifest without a namespace gets that of who applies it.
func checkMeta(resource *unstructured.Unstructured, namespaced bool) field.ErrorList {
	applied := resource.DeepCopy()
	if namespaced && applied.GetNamespace() == "" {
		applied.SetNamespace(metav1.NamespaceDefault)
	}
	return apivalidation.ValidateObjectMetaAccessor(applied, namespaced, apivalidation.NameIsDNSSubdomain,
		field.NewPath("metadata"))
}

func texts[E error](problems []E) []string {
	all := []string{}
	for _, problem := range problems {
		all = append(all, problem.Error())
	}
	return all
}
