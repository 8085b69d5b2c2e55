import { expect, test } from "vitest";
import { kmeansFromJSON, knnFromJSON, RouterError, svmFromJSON } from "./library.ts";

const knn =
  '{"algorithm":"knn","trained":true,"k":1,"embeddings":[[0,0],[1,1]],"labels":["a","b"]}';
const kmeans =
  '{"algorithm":"kmeans","trained":true,"num_clusters":2,"centroids":[[0,0],[1,1]],"cluster_models":["a","b"]}';
const svm = `{"algorithm":"svm","trained":true,"model_names":["a","b"],"kernel_type":"Linear","gamma":1,
  "linear_classifiers":[{"model_name":"a","weights":[-1,-1],"rho":0},{"model_name":"b","weights":[1,1],"rho":0}]}`;

const faces = [
  { name: "knn", open: knnFromJSON, text: knn },
  { name: "kmeans", open: kmeansFromJSON, text: kmeans },
  { name: "svm", open: svmFromJSON, text: svm },
];

test.each(faces)(
  "$name selects from any kind of vector, and from its own JSON",
  ({ open, text }) => {
    const selector = open(text);
    expect(selector.isTrained()).toBe(true);
    const again = open(selector.toJSON());
    for (const x of [[1, 1], new Float32Array([1, 1]), new Float64Array([1, 1])]) {
      const { model, scores } = selector.select(x);
      expect(model).toBe("b");
      expect(scores.map((score) => score.model)).toEqual(["b", "a"]);
      expect(again.select(x)).toEqual({ model, scores });
    }
  },
);

test.each(faces)("$name: untrained loads and selects nothing", ({ open, text }) => {
  const selector = open(text.replace('"trained":true', '"trained":false'));
  expect(selector.isTrained()).toBe(false);
  expect(() => selector.select([1, 1])).toThrow(
    expect.objectContaining({ code: "selector_untrained" }),
  );
  expect(open(selector.toJSON()).isTrained()).toBe(false);
});

test.each(faces)("$name: closed, it has nothing left to ask", ({ open, text }) => {
  const selector = open(text);
  selector.close();
  selector.close();
  expect(selector.isTrained()).toBe(false);
  expect(() => selector.select([1, 1])).toThrow(RouterError);
  expect(() => selector.toJSON()).toThrow(RouterError);
});

test.each(faces)("$name refuses another's file with a code", ({ open }) => {
  expect(() => open('{"algorithm":"mlp","trained":true}')).toThrow(
    expect.objectContaining({ code: "artifact_invalid" }),
  );
});
