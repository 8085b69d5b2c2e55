/** Whether the client leaves the choice to us: `auto`, or the configured name (`MoM`). Case counts, as upstream. */
export const isAuto = (model: string, autoModelName: string): boolean =>
  model === "auto" || model === autoModelName;
