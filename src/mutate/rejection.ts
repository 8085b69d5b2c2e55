import type { ErrorCode, RouterError } from "../errors.ts";
import type { ImmediateResponse, ProcessingResponse } from "../protocol/messages.ts";
import { mutation } from "./headers.ts";

/** HTTP status of what is refused. Every other failure goes on with the default model and is never seen here. */
const statusOf: Partial<Record<ErrorCode, number>> = {
  malformed_json: 400,
  invalid_request: 400,
  body_too_large: 413,
};

/** OpenAI's error shape, so that their SDKs raise their own exception for it. */
export function rejection(
  error: RouterError,
): ProcessingResponse & { readonly immediate_response: ImmediateResponse } {
  const code = statusOf[error.code] ?? 500;
  return immediate(code, error.code, {
    error: {
      message: `${error.detail}. ${error.remedy}`,
      type: "invalid_request_error",
      param: null,
      code: error.code,
    },
  });
}

/** An answer from here, without asking a backend. `details` appears in Envoy's access log. */
export const immediate = (status: number, details: string, json: unknown) => ({
  immediate_response: {
    status: { code: status },
    headers: mutation({ "content-type": "application/json" }),
    body: Buffer.from(JSON.stringify(json), "utf8"),
    details: `signalbox_${details}`,
  },
});
