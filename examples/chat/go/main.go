// A chat backend on NATS JetStream. Needs Go 1.19 or newer.
//
//	chat                      follows the stream and answers
//	chat invite NAME ROOM     prints the address with which NAME enters ROOM
package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var (
	wsgURL  = setting("WSG_URL", "http://127.0.0.1:8080")
	natsURL = setting("NATS_URL", nats.DefaultURL)
	secret  = setting("CHAT_SECRET", "for-trying-out-only-0123456789abcdef")
)

const (
	streamName = "chat"
	tokenLife  = time.Hour
	retryAfter = 500 * time.Millisecond
)

// event is what the gateway publishes.
type event struct {
	Action  string `json:"action"`
	Tags    string `json:"tags"`
	Type    string `json:"type"`
	Message string `json:"message"`
}

// news is what the clients of a room receive.
type news struct {
	ID    string `json:"id"`
	Event string `json:"event"`
	Name  string `json:"name"`
	Text  string `json:"text,omitempty"`
}

func main() {
	if len(os.Args) == 4 && os.Args[1] == "invite" {
		fmt.Println(invite(os.Args[2], os.Args[3]))
		return
	}
	connection, err := nats.Connect(natsURL, nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1))
	if err != nil {
		fail(err)
	}
	js, err := jetstream.New(connection)
	if err != nil {
		fail(err)
	}
	for {
		fmt.Println("the stream is unavailable:", follow(js))
		time.Sleep(retryAfter)
	}
}

// follow handles the messages of the stream, one after the other, until it fails.
func follow(js jetstream.JetStream) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	// The gateway makes the stream when it starts. The server keeps the place of a durable consumer over restarts.
	consumer, err := js.CreateOrUpdateConsumer(ctx, streamName, jetstream.ConsumerConfig{
		Durable:   "backend",
		AckPolicy: jetstream.AckExplicitPolicy,
		AckWait:   5 * time.Second,
		// One message at a time: a message that is delivered again must not come after later ones.
		MaxAckPending: 1,
	})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(1))
	if err != nil {
		return err
	}
	defer messages.Stop()
	fmt.Println("following the stream")
	for {
		message, err := messages.Next()
		if err != nil {
			return err
		}
		if err := handle(message); err != nil {
			return err
		}
		// Only now: a message whose answer failed is delivered again.
		if err := message.Ack(); err != nil {
			return err
		}
	}
}

func handle(message jetstream.Msg) error {
	var e event
	if err := json.Unmarshal(message.Data(), &e); err != nil {
		return err
	}
	tags, err := url.ParseQuery(e.Tags)
	if err != nil {
		return err
	}
	room := tags.Get("room")
	n := news{ID: message.Headers().Get(nats.MsgIdHdr), Name: tags.Get("name")}
	switch {
	case e.Action == "open":
		n.Event = "joined"
	case e.Action == "close":
		n.Event = "left"
	case e.Type == "text":
		n.Event, n.Text = "said", e.Message
	default:
		return nil // A binary message; this chat has no use for it.
	}
	fmt.Printf("%s: %s %s\n", room, n.Name, n.Event)
	return send(room, n)
}

// send reaches every connection whose tag `room` has this value; it tries until the gateway takes the message.
func send(room string, n news) error {
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	address := wsgURL + "/send?" + url.Values{"room": {room}}.Encode()
	for {
		err := post(address, string(body))
		if err == nil {
			return nil
		}
		fmt.Println("cannot send:", err)
		time.Sleep(retryAfter)
	}
}

func post(address, body string) error {
	response, err := http.Post(address, "text/plain", strings.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, answer)
	}
	return err
}

// invite makes the address of the chat with a signed token (JWT, HS256), which the gateway turns into tags.
func invite(name, room string) string {
	claims := map[string]any{"name": name, "room": room, "exp": time.Now().Add(tokenLife).Unix()}
	signed := encode(map[string]any{"alg": "HS256", "typ": "JWT"}) + "." + encode(claims)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	signature := base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	return strings.Replace(wsgURL, "http", "ws", 1) + "/chat?token=" + signed + "." + signature
}

func encode(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		fail(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
