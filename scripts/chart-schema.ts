/** The chart's values.schema.json with the configuration's schema as the value `config`: JSON texts in and out. */
export function withConfigSchema(chartSchema: string, configSchema: string): string {
  const { $defs: ours, ...values } = JSON.parse(chartSchema);
  const { $defs, $schema: _, ...config } = JSON.parse(configSchema);
  return `${JSON.stringify({ ...values, $defs: { ...ours, config, ...$defs } }, undefined, 2)}\n`;
}
