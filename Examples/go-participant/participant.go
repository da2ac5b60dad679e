package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	mathrand "math/rand"
	"time"

	"github.com/golang/protobuf/ptypes"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	wire "saga/v1"
)

const (
	jsonType = "application/json"

	reconnectFirst = 50 * time.Millisecond
	reconnectMost  = 2 * time.Second
	// Where the coordinator itself says to come again, while it replays its journal.
	comeAgainMost = 200 * time.Millisecond
	// The longest that is waited because the coordinator asked for it.
	reattachMost  = 60 * time.Second
	welcomeWithin = 5 * time.Second
	// How long it stays on a stream that the coordinator has said to leave.
	leavingWithin = 10 * time.Second
	// How long the coordinator may take to end a stream on which nothing more is said.
	closeWithin = time.Second
	// Intervals without an answer to a heartbeat, and answers that speak of waiting tasks while
	// none comes, after which the session is replaced: a connection can look alive and be deaf.
	silentIntervals = 2
	hungryAnswers   = 3
	// So late means that this whole process stood still: the answers are there and not read yet.
	pauseOfProcess = time.Second
	messageBytes   = 4 << 20
)

// BusinessNo is the handler's word: no, and nothing has changed. The saga goes back, without a
// retry.
type BusinessNo struct{ Code, Message string }

func (no *BusinessNo) Error() string { return no.Message }

// Fenced says that this attempt comes too late: a newer one, or the undo, has been at work already.
type Fenced string

func (late Fenced) Error() string { return string(late) }

// A Handler is an action, and the compensation that undoes it. An error that is neither a
// BusinessNo nor Fenced means "nobody knows", and the same task comes again under the same key.
type Handler struct {
	Action       func(*Attempt) ([]byte, error)
	Compensation func(*Attempt) ([]byte, error)
}

// An Attempt is what a handler knows of its task.
type Attempt struct {
	Task    *wire.Task
	Lineage string
	// Done when the attempt need not go on. The handler is to return all the same: it holds a slot.
	Context context.Context
	cancel  func()
	signs   chan<- sign
}

// Key is the idempotency key: the same on every attempt of this task.
func (attempt *Attempt) Key() string { return attempt.Task.IdempotencyKey }

// Heartbeat says that this handler itself gets on; progress, unless nil, is JSON that the next
// attempt can read.
func (attempt *Attempt) Heartbeat(progress []byte) {
	select {
	case attempt.signs <- sign{attempt, progress}:
	case <-attempt.Context.Done():
	}
}

type sign struct {
	attempt  *Attempt
	progress []byte
}

type ended struct {
	attempt *Attempt
	outcome *wire.Outcome
}

// What names an attempt.
type attemptName struct {
	saga, step string
	direction  wire.Direction
	epoch      uint64
	number     uint32
}

func nameOf(task *wire.TaskRef, token *wire.Token) attemptName {
	return attemptName{
		task.GetSagaId(), task.GetStep(), task.GetDirection(), token.GetEpoch(), token.GetNumber(),
	}
}

type life struct{ epoch, life uint64 }

// A Participant serves handlers. Everything in it belongs to the goroutine of Run; handlers have
// goroutines of their own, so that a slow one never stops the heartbeats.
type Participant struct {
	Name string
	// Unique among the processes of this participant. One that is the same after a restart ends the
	// old process's attempts at once; empty, it is random.
	Instance string
	Handlers map[string]Handler
	// Addresses; after each session the next one is tried.
	Coordinators     []string
	Slots, UndoSlots int
	// How long running handlers are awaited when it leaves.
	Drain time.Duration
	// Is told which sagas can ask no more, so that their rows may go.
	EndedBelow func(lineage string, ended *wire.EndedBelow) error

	// Attempts whose handlers run, and results that nobody has acknowledged yet. Both outlive
	// sessions: each Hello names all of them.
	running     map[attemptName]*Attempt
	results     map[attemptName]*wire.Result
	marks       map[attemptName]*wire.AttemptHeartbeat
	lives       map[string]life
	outputLimit uint64
	backoff     time.Duration
	leave       <-chan struct{}
	leaveBy     time.Time
	ended       chan ended
	signs       chan sign
	told        chan func() error
}

// Run serves until the context is done and what then runs has ended, or until the coordinator says
// a final no.
func (p *Participant) Run(ctx context.Context) error {
	if p.Instance == "" {
		p.Instance = randomName()
	}
	mathrand.Seed(randomSeed())
	p.running, p.results = map[attemptName]*Attempt{}, map[attemptName]*wire.Result{}
	p.marks, p.lives = map[attemptName]*wire.AttemptHeartbeat{}, map[string]life{}
	p.outputLimit, p.backoff, p.leave = 1<<20, reconnectFirst, ctx.Done()
	p.ended = make(chan ended, p.Slots+p.UndoSlots)
	p.signs = make(chan sign)
	p.told = make(chan func() error, 1)
	go dropRows(p.told)
	defer close(p.told)
	for turn := 0; !p.isOver(); turn++ {
		wait, err := p.session(p.Coordinators[turn%len(p.Coordinators)])
		if err != nil {
			return err
		}
		for until := time.Now().Add(wait); time.Now().Before(until) && !p.isOver(); {
			_ = p.event(nil, p.notBeyondLeaving(until))
		}
	}
	// A handler that still runs is left alone: its attempt becomes unknown, and comes again.
	return nil
}

func (p *Participant) isLeaving() bool { return !p.leaveBy.IsZero() }

func (p *Participant) isOver() bool {
	isDone := len(p.running) == 0 && len(p.results) == 0
	return p.isLeaving() && (isDone || !time.Now().Before(p.leaveBy))
}

// How long to wait before the next session: full jitter, so that not all come at once.
func (p *Participant) lost(reason string, most time.Duration) time.Duration {
	if most > p.backoff {
		most = p.backoff
	}
	wait := time.Duration(mathrand.Int63n(int64(most)))
	if p.backoff *= 2; p.backoff > reconnectMost {
		p.backoff = reconnectMost
	}
	log.Printf("session lost: %s; the next try in %v", reason, wait)
	return wait
}

// One stream.
type session struct {
	context  context.Context
	cancel   func()
	outgoing chan *wire.AttachRequest
	incoming chan incoming
	began    time.Time

	isWelcomed    bool
	lineage       string
	interval      time.Duration
	nextBeat      time.Time
	answeredAt    time.Time
	hadTask       bool
	hungryAnswers int
	drain         *wire.Drain
	drainedAt     time.Time
	closedAt      time.Time
	// Why this side has left it.
	givenUp string
}

type incoming struct {
	response *wire.AttachResponse
	err      error
}

// Serves one stream to its end, and says how long to wait before the next one.
func (p *Participant) session(address string) (time.Duration, error) {
	s := &session{
		// As much as can have to be said while the coordinator reads nothing.
		outgoing: make(chan *wire.AttachRequest, len(p.results)+4*(p.Slots+p.UndoSlots)+64),
		incoming: make(chan incoming),
		began:    time.Now(),
	}
	s.context, s.cancel = context.WithCancel(context.Background())
	defer s.cancel()
	s.say(&wire.AttachRequest{Message: &wire.AttachRequest_Hello{Hello: p.hello()}})
	go s.speak(address)
	for {
		err := p.event(s, s.due(p))
		switch {
		case err == nil && s.givenUp == "":
			continue
		case p.isOver():
			return 0, nil
		case s.drain != nil:
			return p.reattachAfter(s.drain), nil
		case s.givenUp != "":
			return p.lost(s.givenUp, reconnectMost), nil
		case errors.Is(err, io.EOF):
			return p.lost("the coordinator ended the stream", reconnectMost), nil
		}
		reason := reasonOf(err)
		if isFinal(status.Code(err), reason) {
			return 0, err
		}
		if reason != "" && status.Code(err) == codes.Unavailable {
			return p.lost(err.Error(), comeAgainMost), nil
		}
		return p.lost(err.Error(), reconnectMost), nil
	}
}

// Opens the stream, writes what is said and reads what is answered, until one of both ends.
func (s *session) speak(address string) {
	hear := func(response *wire.AttachResponse, err error) {
		select {
		case s.incoming <- incoming{response, err}:
		case <-s.context.Done():
		}
	}
	connection, err := grpc.DialContext(
		s.context, address, grpc.WithInsecure(),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(messageBytes)))
	if err != nil {
		hear(nil, err)
		return
	}
	defer connection.Close()
	stream, err := wire.NewParticipantServiceClient(connection).Attach(s.context)
	if err != nil {
		hear(nil, err)
		return
	}
	go func() {
		for request := range s.outgoing {
			if request == nil {
				_ = stream.CloseSend()
			} else if stream.Send(request) != nil {
				return // The reader is told why.
			}
		}
	}()
	defer close(s.outgoing)
	for err == nil {
		var response *wire.AttachResponse
		response, err = stream.Recv()
		hear(response, err)
	}
	<-s.context.Done()
}

// Says it, unless the coordinator reads nothing any more; what must not be lost is kept beside it.
func (s *session) say(request *wire.AttachRequest) {
	select {
	case s.outgoing <- request:
	default:
		s.givenUp = "the coordinator does not read"
	}
}

// When something is to be done though nothing happens.
func (s *session) due(p *Participant) time.Time {
	due := s.began.Add(welcomeWithin)
	if s.isWelcomed {
		due = earlier(s.nextBeat, s.answeredAt.Add(silentIntervals*s.interval))
	}
	if s.drain != nil {
		due = earlier(due, s.drainedAt.Add(leavingWithin))
	}
	if !s.closedAt.IsZero() {
		due = earlier(due, s.closedAt.Add(closeWithin))
	}
	return p.notBeyondLeaving(due)
}

func (p *Participant) notBeyondLeaving(due time.Time) time.Time {
	if p.isLeaving() {
		return earlier(due, p.leaveBy)
	}
	return due
}

// Takes what happens first: something on the stream, which is nil between two, the end of a
// handler, a sign of one, the wish to leave, or nothing until a time. The error ends the stream.
func (p *Participant) event(s *session, until time.Time) error {
	var responses <-chan incoming
	if s != nil {
		responses = s.incoming
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case in := <-responses:
		if in.err != nil {
			return in.err
		}
		p.received(s, in.response)
	case end := <-p.ended:
		p.finished(s, end)
	case sign := <-p.signs:
		p.signed(sign)
	case <-p.leave:
		p.leave = nil
		p.leaveBy = time.Now().Add(p.Drain)
		if s != nil && s.isWelcomed {
			s.say(p.draining())
		}
	case <-timer.C:
		if s != nil {
			p.tick(s)
		}
	}
	if s != nil && s.isWelcomed && p.isOver() && s.closedAt.IsZero() {
		s.closedAt = time.Now()
		s.say(nil)
	}
	return nil
}

func (p *Participant) tick(s *session) {
	now := time.Now()
	is := func(due time.Time) bool { return !due.IsZero() && !now.Before(due) }
	if s.isWelcomed && is(s.answeredAt.Add(silentIntervals*s.interval+pauseOfProcess)) {
		s.answeredAt = now
	}
	switch {
	case !s.isWelcomed && is(s.began.Add(welcomeWithin)):
		s.givenUp = "no Welcome in time"
	case s.isWelcomed && is(s.answeredAt.Add(silentIntervals*s.interval)):
		s.givenUp = "no answer to heartbeats"
	case s.drain != nil && is(s.drainedAt.Add(leavingWithin)):
		s.givenUp = "the coordinator leaves"
	case !s.closedAt.IsZero() && is(s.closedAt.Add(closeWithin)), is(p.leaveBy):
		s.givenUp = "the time to leave is over"
	case s.isWelcomed && is(s.nextBeat):
		p.beat(s)
	}
}

// The session's own sign of life, with those of handlers.
func (p *Participant) beat(s *session) {
	beat := &wire.Heartbeat{}
	for name, mark := range p.marks {
		beat.Attempts = append(beat.Attempts, mark)
		delete(p.marks, name)
	}
	s.nextBeat = time.Now().Add(s.interval)
	s.say(&wire.AttachRequest{Message: &wire.AttachRequest_Heartbeat{Heartbeat: beat}})
}

// A handler's own sign; it goes out with the next one of the session.
func (p *Participant) signed(sign sign) {
	name := nameOf(sign.attempt.Task.Task, sign.attempt.Task.Token)
	if p.running[name] != sign.attempt {
		return
	}
	mark := p.marks[name]
	if mark == nil {
		mark = &wire.AttemptHeartbeat{Task: sign.attempt.Task.Task, Token: sign.attempt.Task.Token}
		p.marks[name] = mark
	}
	if sign.progress != nil && uint64(len(sign.progress)) <= p.outputLimit {
		mark.Progress = &wire.Payload{Data: sign.progress, ContentType: jsonType}
	}
}

// Complete: an attempt that was given to this instance and is not named here is unknown.
func (p *Participant) hello() *wire.Hello {
	hello := &wire.Hello{
		ProtocolVersion: 1, Sdk: "go-example/1", Participant: p.Name, Instance: p.Instance,
		Slots: uint32(p.Slots), UndoSlots: uint32(p.UndoSlots),
	}
	for name, handler := range p.Handlers {
		hello.Handlers = append(hello.Handlers, &wire.HandlerOffer{
			Handler: name, HasCompensation: handler.Compensation != nil})
	}
	for _, attempt := range p.running {
		hello.Running = append(hello.Running, &wire.AttemptRef{
			Task: attempt.Task.Task, Token: attempt.Task.Token})
	}
	for _, result := range p.results {
		hello.Finished = append(hello.Finished, &wire.AttemptRef{
			Task: result.Task, Token: result.Token})
	}
	for lineage, life := range p.lives {
		hello.KnownLives = append(hello.KnownLives, &wire.KnownLife{
			Lineage: lineage, Epoch: life.epoch, Life: life.life})
	}
	return hello
}

func (p *Participant) draining() *wire.AttachRequest {
	return &wire.AttachRequest{Message: &wire.AttachRequest_Draining{Draining: &wire.Draining{
		Within: ptypes.DurationProto(p.Drain)}}}
}

func (p *Participant) received(s *session, response *wire.AttachResponse) {
	if _, isWelcome := response.Message.(*wire.AttachResponse_Welcome); isWelcome == s.isWelcomed {
		s.givenUp = "the coordinator does not keep to the protocol"
		return
	}
	switch message := response.Message.(type) {
	case *wire.AttachResponse_Welcome:
		p.welcomed(s, message.Welcome)
	case *wire.AttachResponse_Task:
		p.take(s, message.Task)
	case *wire.AttachResponse_Cancel:
		attempt := p.running[nameOf(message.Cancel.Task, message.Cancel.Token)]
		if attempt != nil {
			// The handler still answers: its slot is taken until then.
			attempt.cancel()
		}
	case *wire.AttachResponse_ResultAck:
		// Whatever became of it, it need not be kept.
		delete(p.results, nameOf(message.ResultAck.Task, message.ResultAck.Token))
	case *wire.AttachResponse_HeartbeatAck:
		p.answered(s, message.HeartbeatAck)
	case *wire.AttachResponse_Drain:
		s.drain, s.drainedAt = message.Drain, time.Now()
	}
}

func (p *Participant) welcomed(s *session, welcome *wire.Welcome) {
	met, isKnown := p.lives[welcome.Lineage]
	now := life{welcome.Epoch, welcome.Life}
	if isKnown && (now.epoch < met.epoch || (now.epoch == met.epoch && now.life != met.life)) {
		// A copy of the journal that was started by hand: it does not know what happened since.
		s.givenUp = fmt.Sprintf("the coordinator is in epoch %d, %d has been met", now.epoch, met.epoch)
		return
	}
	interval, err := ptypes.Duration(welcome.HeartbeatInterval)
	if err != nil || interval <= 0 {
		s.givenUp = "a Welcome without a heartbeat interval"
		return
	}
	p.lives[welcome.Lineage] = now
	p.outputLimit = welcome.OutputLimit
	s.isWelcomed, s.lineage, s.interval = true, welcome.Lineage, interval
	s.answeredAt = time.Now()
	s.nextBeat = s.answeredAt.Add(interval)
	p.tell(s, welcome.EndedBelow)
	log.Printf("attached: epoch %d, generation %d", welcome.Epoch, welcome.Generation)
	for _, result := range p.results {
		s.say(&wire.AttachRequest{Message: &wire.AttachRequest_Result{Result: result}})
	}
	if p.isLeaving() {
		s.say(p.draining())
	}
}

func (p *Participant) answered(s *session, ack *wire.HeartbeatAck) {
	p.backoff = reconnectFirst
	s.answeredAt = time.Now()
	p.tell(s, ack.EndedBelow)
	isIdle := len(p.running) == 0 && !s.hadTask && !p.isLeaving() && s.drain == nil
	if ack.WaitingTasks > 0 && isIdle {
		s.hungryAnswers++
	} else {
		s.hungryAnswers = 0
	}
	s.hadTask = false
	if s.hungryAnswers >= hungryAnswers {
		s.givenUp = "tasks wait, slots are free, and none has come"
	}
}

// Hands on what the newest message said; one that nobody has come to read is out of date.
func (p *Participant) tell(s *session, ended *wire.EndedBelow) {
	if ended == nil || p.EndedBelow == nil {
		return
	}
	lineage := s.lineage
	select {
	case <-p.told:
	default:
	}
	p.told <- func() error { return p.EndedBelow(lineage, ended) }
}

func dropRows(told <-chan func() error) {
	for drop := range told {
		if err := drop(); err != nil {
			log.Printf("rows of ended sagas stay for now: %v", err)
		}
	}
}

func (p *Participant) take(s *session, task *wire.Task) {
	p.backoff = reconnectFirst
	s.hadTask = true
	name := nameOf(task.Task, task.Token)
	if p.running[name] != nil {
		return
	}
	if result := p.results[name]; result != nil {
		s.say(&wire.AttachRequest{Message: &wire.AttachRequest_Result{Result: result}})
		return
	}
	handle, reason := p.handlerOf(task)
	if handle == nil {
		p.keep(s, task, &wire.Outcome{Kind: &wire.Outcome_Declined{
			Declined: &wire.Declined{Reason: reason}}})
		return
	}
	attempt := &Attempt{Task: task, Lineage: s.lineage, signs: p.signs}
	if limit, err := ptypes.Duration(task.StartToClose); err == nil {
		attempt.Context, attempt.cancel = context.WithTimeout(context.Background(), limit)
	} else {
		attempt.Context, attempt.cancel = context.WithCancel(context.Background())
	}
	p.running[name] = attempt
	go func() { p.ended <- ended{attempt, outcomeOf(handle, attempt)} }()
}

// The half of a handler that a task asks for; or why the task is not begun, which is certain to
// have no effect.
func (p *Participant) handlerOf(
	task *wire.Task,
) (func(*Attempt) ([]byte, error), wire.DeclinedReason) {
	if p.isLeaving() {
		return nil, wire.DeclinedReason_DECLINED_REASON_DRAINING
	}
	handler := p.Handlers[task.Handler]
	handle, slots := handler.Action, p.Slots
	if task.Task.Direction != wire.Direction_DIRECTION_ACTION {
		handle, slots = handler.Compensation, p.UndoSlots
	}
	if handle == nil {
		return nil, wire.DeclinedReason_DECLINED_REASON_HANDLER_UNKNOWN
	}
	alike := 0
	for name := range p.running {
		if name.direction == task.Task.Direction {
			alike++
		}
	}
	if alike >= slots {
		return nil, wire.DeclinedReason_DECLINED_REASON_NO_SLOT
	}
	return handle, 0
}

func (p *Participant) finished(s *session, end ended) {
	task := end.attempt.Task
	name := nameOf(task.Task, task.Token)
	end.attempt.cancel()
	if p.marks[name] != nil && s != nil && s.isWelcomed {
		// The progress of an attempt is recorded with its end, so it goes before the result.
		p.beat(s)
	}
	delete(p.running, name)
	delete(p.marks, name)
	outcome := end.outcome
	if size := uint64(len(outcome.GetSucceeded().GetData())); size > p.outputLimit {
		// It ran: the saga goes back and undoes it with its output unknown.
		outcome = &wire.Outcome{Kind: &wire.Outcome_Refused{Refused: &wire.Refused{
			Reason: wire.RefusedReason_REFUSED_REASON_TOO_LARGE, Size: size,
			Limit: p.outputLimit}}}
	}
	p.keep(s, task, outcome)
}

// Keeps a result until it is acknowledged; a new session sends it again.
func (p *Participant) keep(s *session, task *wire.Task, outcome *wire.Outcome) {
	result := &wire.Result{Task: task.Task, Token: task.Token, Outcome: outcome}
	p.results[nameOf(task.Task, task.Token)] = result
	if s != nil && s.isWelcomed {
		s.say(&wire.AttachRequest{Message: &wire.AttachRequest_Result{Result: result}})
	}
}

// Runs a handler, and says what its attempt ended with.
func outcomeOf(
	handle func(*Attempt) ([]byte, error), attempt *Attempt,
) (outcome *wire.Outcome) {
	defer func() {
		if cause := recover(); cause != nil {
			outcome = retry("panic", fmt.Sprint(cause))
		}
	}()
	output, err := handle(attempt)
	var no *BusinessNo
	var late Fenced
	switch {
	case err == nil && output == nil:
		return &wire.Outcome{Kind: &wire.Outcome_Succeeded{Succeeded: &wire.Payload{}}}
	case err == nil:
		return &wire.Outcome{Kind: &wire.Outcome_Succeeded{
			Succeeded: &wire.Payload{Data: output, ContentType: jsonType}}}
	case errors.As(err, &no):
		return &wire.Outcome{Kind: &wire.Outcome_Failed{
			Failed: &wire.Failure{Code: no.Code, Message: no.Message}}}
	case errors.As(err, &late):
		log.Printf("%s: %v", attempt.Key(), err)
		// A sound coordinator drops this as stale; after a restore a person decides.
		return &wire.Outcome{Kind: &wire.Outcome_Hold{Hold: &wire.Hold{Reason: "fenced"}}}
	}
	log.Printf("%s: %v", attempt.Key(), err)
	return retry("error", err.Error())
}

func retry(code, message string) *wire.Outcome {
	if len(message) > 1000 {
		message = message[:1000]
	}
	return &wire.Outcome{Kind: &wire.Outcome_Retry{Retry: &wire.Retry{
		Failure: &wire.Failure{Code: code, Message: message}}}}
}

func (p *Participant) reattachAfter(drain *wire.Drain) time.Duration {
	wait, err := ptypes.Duration(drain.ReconnectAfter)
	if err != nil {
		return p.lost("the coordinator leaves: "+drain.Reason, reconnectMost)
	}
	if wait > reattachMost {
		wait = reattachMost
	}
	log.Printf("the coordinator leaves: %s; the next try in %v", drain.Reason, wait)
	return wait
}

// The machine-readable reason of a no.
func reasonOf(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, isInfo := detail.(*errdetails.ErrorInfo); isInfo {
			return info.Reason
		}
	}
	return ""
}

// Whether asking again cannot help: what is wrong is this participant's own name, rights or
// protocol, or another process has attached under the same name and instance.
func isFinal(code codes.Code, reason string) bool {
	switch code {
	case codes.InvalidArgument, codes.Unauthenticated, codes.PermissionDenied, codes.Unimplemented:
		return true
	}
	return reason == "DISPLACED" || reason == "PROTOCOL_VERSION"
}

func earlier(one, other time.Time) time.Time {
	if one.Before(other) {
		return one
	}
	return other
}

func randomBytes(count int) []byte {
	bytes := make([]byte, count)
	if _, err := rand.Read(bytes); err != nil {
		log.Fatal(err)
	}
	return bytes
}

func randomName() string { return hex.EncodeToString(randomBytes(8)) }

func randomSeed() int64 { return int64(binary.LittleEndian.Uint64(randomBytes(8))) }
