// A minimal ext_proc server on grpc-go and go-control-plane: the header and body work of signalbox, and no model. What
// it costs is what the protocol costs in the language that most ext_proc servers are written in.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"strings"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extproc "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

func main() {
	port := flag.Int("port", 0, "port to listen on, on the loopback")
	model := flag.String("model", "", "the model that every request for auto gets")
	check := flag.String("check", "", "ask the health service at this address (host:port or unix:path) and exit")
	ca := flag.String("ca", "", "with -check: the CA of the server's certificate; TLS is used when it is given")
	flag.Parse()
	if *check != "" {
		os.Exit(checkHealth(*check, *ca))
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(64 << 20))
	extproc.RegisterExternalProcessorServer(server, &processor{model: *model})
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	fmt.Println("listening")
	log.Fatal(server.Serve(listener))
}

type processor struct {
	extproc.UnimplementedExternalProcessorServer
	model string
}

// stream is what is kept of one HTTP request.
type stream struct {
	hasLength bool
	held      bool
	body      []byte
	routed    bool
}

func (p *processor) Process(call extproc.ExternalProcessor_ProcessServer) error {
	var s stream
	for {
		request, err := call.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for _, answer := range p.answers(&s, request) {
			if err := call.Send(answer); err != nil {
				return err
			}
		}
	}
}

func (p *processor) answers(s *stream, request *extproc.ProcessingRequest) []*extproc.ProcessingResponse {
	switch phase := request.Request.(type) {
	case *extproc.ProcessingRequest_RequestHeaders:
		headers := read(phase.RequestHeaders.Headers)
		_, s.hasLength = headers["content-length"]
		config := request.ProtocolConfig
		s.held = config != nil && config.RequestBodyMode.String() == "FULL_DUPLEX_STREAMED"
		if s.held {
			return nil
		}
		return []*extproc.ProcessingResponse{{Response: &extproc.ProcessingResponse_RequestHeaders{
			RequestHeaders: &extproc.HeadersResponse{Response: forged(headers)},
		}}}
	case *extproc.ProcessingRequest_RequestBody:
		if s.held {
			s.body = append(s.body, phase.RequestBody.Body...)
			if !phase.RequestBody.EndOfStream {
				return nil
			}
			return p.duplex(s)
		}
		return []*extproc.ProcessingResponse{{Response: &extproc.ProcessingResponse_RequestBody{
			RequestBody: &extproc.BodyResponse{Response: p.route(s, phase.RequestBody.Body)},
		}}}
	case *extproc.ProcessingRequest_RequestTrailers:
		return []*extproc.ProcessingResponse{{Response: &extproc.ProcessingResponse_RequestTrailers{
			RequestTrailers: &extproc.TrailersResponse{},
		}}}
	case *extproc.ProcessingRequest_ResponseHeaders:
		common := &extproc.CommonResponse{}
		if s.routed && strings.HasPrefix(read(phase.ResponseHeaders.Headers)[":status"], "2") {
			common.HeaderMutation = mutation(
				"x-vsr-selected-model", p.model,
				"x-vsr-selected-decision", "general",
				"x-vsr-selected-category", "other",
				"x-vsr-selected-confidence", "0.5000",
				"x-vsr-selected-algorithm", "static",
				"x-vsr-selected-reasoning", "off",
			)
		}
		return []*extproc.ProcessingResponse{{Response: &extproc.ProcessingResponse_ResponseHeaders{
			ResponseHeaders: &extproc.HeadersResponse{Response: common},
		}}}
	}
	return nil
}

// read keeps the first value of a repeated header, as signalbox does.
func read(headers *core.HeaderMap) map[string]string {
	values := make(map[string]string, len(headers.GetHeaders()))
	for _, header := range headers.GetHeaders() {
		name := strings.ToLower(header.Key)
		if _, known := values[name]; known {
			continue
		}
		if len(header.RawValue) > 0 {
			values[name] = string(header.RawValue)
		} else {
			values[name] = header.Value
		}
	}
	return values
}

func forged(headers map[string]string) *extproc.CommonResponse {
	var names []string
	for name := range headers {
		if name == "x-selected-model" || strings.HasPrefix(name, "x-vsr-") {
			names = append(names, name)
		}
	}
	if names == nil {
		return &extproc.CommonResponse{}
	}
	return &extproc.CommonResponse{HeaderMutation: &extproc.HeaderMutation{RemoveHeaders: names}}
}

type chat struct {
	Model    *string `json:"model"`
	Messages []struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
	} `json:"messages"`
	Stream bool `json:"stream"`
}

func (p *processor) route(s *stream, body []byte) *extproc.CommonResponse {
	var request chat
	if json.Unmarshal(body, &request) != nil || request.Model == nil {
		return &extproc.CommonResponse{}
	}
	if *request.Model != "auto" {
		return &extproc.CommonResponse{
			HeaderMutation:  mutation("x-selected-model", *request.Model),
			ClearRouteCache: true,
		}
	}
	query := ""
	for _, message := range request.Messages {
		if message.Role == "user" {
			_ = json.Unmarshal(message.Content, &query)
		}
	}
	start, end := modelSpan(body)
	if query == "" || start < 0 {
		return &extproc.CommonResponse{}
	}
	name, _ := json.Marshal(p.model)
	changed := make([]byte, 0, len(body)+len(name))
	changed = append(append(append(changed, body[:start]...), name...), body[end:]...)
	s.routed = true
	values := []string{"x-selected-model", p.model, "x-vsr-selected-model", p.model}
	if s.hasLength && !s.held {
		values = append(values, "content-length", strconv.Itoa(len(changed)))
	}
	return &extproc.CommonResponse{
		HeaderMutation: mutation(values...),
		BodyMutation: &extproc.BodyMutation{
			Mutation: &extproc.BodyMutation_Body{Body: changed},
		},
		ClearRouteCache: true,
	}
}

// chunkBytes is signalbox's: Envoy implementations cap a streamed chunk at 64 KiB.
const chunkBytes = 62_000

func (p *processor) duplex(s *stream) []*extproc.ProcessingResponse {
	routed := p.route(s, s.body)
	body := s.body
	if changed := routed.GetBodyMutation().GetBody(); changed != nil {
		body = changed
	}
	answers := []*extproc.ProcessingResponse{{Response: &extproc.ProcessingResponse_RequestHeaders{
		RequestHeaders: &extproc.HeadersResponse{Response: &extproc.CommonResponse{
			HeaderMutation: routed.HeaderMutation, ClearRouteCache: routed.ClearRouteCache,
		}},
	}}}
	for at := 0; at == 0 || at < len(body); at += chunkBytes {
		end := min(at+chunkBytes, len(body))
		answers = append(answers, &extproc.ProcessingResponse{Response: &extproc.ProcessingResponse_RequestBody{
			RequestBody: &extproc.BodyResponse{Response: &extproc.CommonResponse{BodyMutation: &extproc.BodyMutation{
				Mutation: &extproc.BodyMutation_StreamedResponse{StreamedResponse: &extproc.StreamedBodyResponse{
					Body: body[at:end], EndOfStream: end == len(body),
				}},
			}}},
		}})
	}
	return answers
}

// modelSpan finds the value of the top-level key "model" in valid JSON, quotes included; -1 when it is not there.
func modelSpan(body []byte) (int, int) {
	depth := 0
	key := ""
	for at := 0; at < len(body); at++ {
		switch body[at] {
		case '"':
			end := at + 1
			for ; body[end] != '"'; end++ {
				if body[end] == '\\' {
					end++
				}
			}
			if depth == 1 {
				if key == "" {
					key = string(body[at : end+1])
				} else if key == `"model"` {
					return at, end + 1
				}
			}
			at = end
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			if depth == 1 {
				key = ""
			}
		}
	}
	return -1, -1
}

func mutation(pairs ...string) *extproc.HeaderMutation {
	set := make([]*core.HeaderValueOption, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		set = append(set, &core.HeaderValueOption{
			Header:       &core.HeaderValue{Key: pairs[i], RawValue: []byte(pairs[i+1])},
			AppendAction: core.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD,
		})
	}
	return &extproc.HeaderMutation{SetHeaders: set}
}

// checkHealth asks as kubelet and grpc_health_probe do, with the same library: Check of each name, the first message of
// Watch, and a method that is not there.
func checkHealth(address, ca string) int {
	secure := insecure.NewCredentials()
	if ca != "" {
		var err error
		if secure, err = credentials.NewClientTLSFromFile(ca, ""); err != nil {
			log.Fatal(err)
		}
	}
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(secure))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	client := grpc_health_v1.NewHealthClient(connection)
	context := context.Background()
	failed := 0
	for _, service := range []string{"", "liveness", "readiness", "envoy.service.ext_proc.v3.ExternalProcessor"} {
		answer, err := client.Check(context, &grpc_health_v1.HealthCheckRequest{Service: service})
		fmt.Printf("Check %q: %v %v\n", service, answer.GetStatus(), err)
		if err != nil || answer.Status != grpc_health_v1.HealthCheckResponse_SERVING {
			failed = 1
		}
	}
	_, err = client.Check(context, &grpc_health_v1.HealthCheckRequest{Service: "nothing"})
	fmt.Printf("Check \"nothing\": %v\n", err)
	if status.Code(err) != codes.NotFound {
		failed = 1
	}
	watch, err := client.Watch(context, &grpc_health_v1.HealthCheckRequest{})
	if err == nil {
		var first *grpc_health_v1.HealthCheckResponse
		first, err = watch.Recv()
		fmt.Printf("Watch \"\": %v %v\n", first.GetStatus(), err)
	}
	if err != nil {
		failed = 1
	}
	_, err = client.List(context, &grpc_health_v1.HealthListRequest{})
	fmt.Printf("List: %v\n", err)
	if code := status.Code(err); code != codes.Unimplemented && code != codes.OK {
		failed = 1
	}
	return failed
}

