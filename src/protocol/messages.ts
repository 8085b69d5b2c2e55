/**
 * The ext_proc messages as plain objects, as @grpc/proto-loader makes them of proto/ (keepCase, enums as names, oneofs
 * named). Only what signalbox reads or writes.
 */

export type BodySendMode =
  | "NONE"
  | "STREAMED"
  | "BUFFERED"
  | "BUFFERED_PARTIAL"
  | "FULL_DUPLEX_STREAMED"
  | "GRPC";
export type HeaderSendMode = "DEFAULT" | "SEND" | "SKIP";

export interface HeaderValue {
  readonly key: string;
  readonly value?: string;
  /** Envoy fills this one only; `decodeRequest` puts its text into `value`. */
  readonly raw_value?: Uint8Array;
}
export interface HeaderMap {
  readonly headers?: readonly HeaderValue[];
}
export interface HttpHeaders {
  readonly headers?: HeaderMap | null;
  readonly end_of_stream?: boolean;
}
export interface HttpBody {
  readonly body?: Uint8Array;
  readonly end_of_stream?: boolean;
}

interface EveryRequest {
  readonly observability_mode?: boolean;
  /** On the first message of a stream only. */
  readonly protocol_config?: {
    readonly request_body_mode?: BodySendMode;
    readonly response_body_mode?: BodySendMode;
    readonly send_body_without_waiting_for_header_response?: boolean;
  } | null;
}

/** One message from Envoy. `request` names the field that is set; absent when it is one we do not know. */
export type ProcessingRequest = EveryRequest &
  (
    | { readonly request: "request_headers"; readonly request_headers: HttpHeaders }
    | { readonly request: "request_body"; readonly request_body: HttpBody }
    | { readonly request: "request_trailers"; readonly request_trailers: object }
    | { readonly request: "response_headers"; readonly response_headers: HttpHeaders }
    | { readonly request: "response_body"; readonly response_body: HttpBody }
    | { readonly request: "response_trailers"; readonly response_trailers: object }
    | { readonly request?: undefined }
  );

export interface HeaderValueOption {
  /** A text is sent in UTF-8. */
  readonly header: { readonly key: string; readonly raw_value: Uint8Array | string };
  readonly append_action: "OVERWRITE_IF_EXISTS_OR_ADD";
}
export interface HeaderMutation {
  readonly set_headers?: readonly HeaderValueOption[];
  readonly remove_headers?: readonly string[];
}
export type BodyMutation =
  | { readonly body: Uint8Array }
  | { readonly clear_body: true }
  | { readonly streamed_response: { readonly body: Uint8Array; readonly end_of_stream: boolean } };
export interface CommonResponse {
  readonly header_mutation?: HeaderMutation;
  readonly body_mutation?: BodyMutation;
  readonly clear_route_cache?: boolean;
}
export interface ProcessingMode {
  readonly request_header_mode?: HeaderSendMode;
  readonly response_header_mode?: HeaderSendMode;
  readonly request_body_mode?: BodySendMode;
  readonly response_body_mode?: BodySendMode;
  readonly request_trailer_mode?: HeaderSendMode;
  readonly response_trailer_mode?: HeaderSendMode;
}
export interface ImmediateResponse {
  readonly status: { readonly code: number };
  readonly headers: HeaderMutation;
  readonly body: Uint8Array;
  /** Appears in Envoy's access log as the response code's details. */
  readonly details: string;
}

/** One message to Envoy: exactly one of the phases, answering the phase that was asked. */
export interface ProcessingResponse {
  readonly request_headers?: { readonly response: CommonResponse };
  readonly request_body?: { readonly response: CommonResponse };
  readonly request_trailers?: object;
  readonly response_headers?: { readonly response: CommonResponse };
  readonly response_body?: { readonly response: CommonResponse };
  readonly response_trailers?: object;
  readonly immediate_response?: ImmediateResponse;
  readonly mode_override?: ProcessingMode;
}
