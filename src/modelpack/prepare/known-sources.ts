import { type DatasetSettings, datasetId } from "../pipeline/settings.ts";

import { fitsGlob } from "./glob.ts";

/** A data set that the reference lists. Licences are those of the cards; `unknown` where there is none. */
export interface KnownSource {
  /** Today's home of what the reference names without an owner. */
  readonly id: string;
  /** SPDX, or a name of ours for terms that have none. */
  readonly license: string;
}

const known: Readonly<Record<string, KnownSource>> = {
  banking77: { id: "PolyAI/banking77", license: "cc-by-4.0" },
  ag_news: { id: "fancyzhx/ag_news", license: "unknown" },
  clinc_oos: { id: "clinc/clinc_oos", license: "cc-by-3.0" },
  dbpedia_14: { id: "fancyzhx/dbpedia_14", license: "cc-by-sa-3.0" },
  go_emotions: { id: "google-research-datasets/go_emotions", license: "apache-2.0" },
  "ai4privacy/pii-masking-200k": { id: "ai4privacy/pii-masking-200k", license: "ai4privacy" },
  "stanfordnlp/snli": { id: "stanfordnlp/snli", license: "cc-by-sa-4.0" },
  "nyu-mll/multi_nli": { id: "nyu-mll/multi_nli", license: "cc-by-sa-3.0" },
  "facebook/anli": { id: "facebook/anli", license: "cc-by-nc-4.0" },
  "microsoft/ms_marco": { id: "microsoft/ms_marco", license: "ms-marco-noncommercial" },
  "sentence-transformers/quora-duplicates": {
    id: "sentence-transformers/quora-duplicates",
    license: "unknown",
  },
  "HuggingFaceH4/ultrachat_200k": { id: "HuggingFaceH4/ultrachat_200k", license: "mit" },
  "OpenAssistant/oasst1": { id: "OpenAssistant/oasst1", license: "apache-2.0" },
};

/** What the settings name, by its link when it has no id; undefined for a data set that is not of the reference. */
export const knownSource = (settings: DatasetSettings): KnownSource | undefined =>
  Object.hasOwn(known, idOf(settings)) ? known[idOf(settings)] : undefined;

/** As written: `owner/name`, `name`, or with `@revision`. Empty when neither id nor link name one. */
export function idOf({ dataset_id, link }: DatasetSettings): string {
  if (dataset_id !== "") return dataset_id;
  const found = /\/datasets\/([^?#]+?)\/*$/.exec(link)?.[1] ?? "";
  return datasetId.safeParse(found).success ? found : "";
}

/**
 * Whether rows of a licence may be used. A filter is a list of names between commas, in any case, where `*` stands for
 * anything: `mit,apache-2.0,cc-by-*`. `commercial` stands for every name that is known to allow it. What signalbox or an
 * LLM wrote itself is `synthetic` and always allowed. Of several licences (`a and b`) all must be allowed.
 */
export function allowsLicense(filter: string | undefined, license: string): boolean {
  const one = license.toLowerCase();
  if (filter === undefined || one === synthetic) return true;
  const patterns = filter
    .toLowerCase()
    .split(",")
    .map((part) => part.trim())
    .flatMap((part) => (part === "commercial" ? commercial : [part]));
  return one
    .split(" and ")
    .every((each) => patterns.some((pattern) => fitsGlob(pattern.replaceAll("*", "**"), each)));
}

export const synthetic = "synthetic";

const commercial = [
  ...["mit", "apache-2.0", "bsd-*", "isc", "cc0-1.0", "unlicense", "pddl", "odc-by"],
  ...["cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0"],
  ...["cc-by-sa-2.0", "cc-by-sa-2.5", "cc-by-sa-3.0", "cc-by-sa-4.0"],
];
