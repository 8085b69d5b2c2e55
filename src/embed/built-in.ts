import { join } from "node:path";

/** The embedder in the package. */
export const builtIn = "minilm-2l";

/** In the package, whose root is two folders above src/embed and above dist/embed. */
export const defaultEmbedderFolder = join(import.meta.dirname, "../../models/default/embedder");
