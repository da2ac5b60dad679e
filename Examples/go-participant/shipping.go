// Books a carrier for the orders of OrderFulfillment; it goes everywhere but to postal code 99950.
package main

import (
	"context"
	"database/sql"
	encoding "encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const shipments = `
CREATE TABLE IF NOT EXISTS shipment (
    number INTEGER PRIMARY KEY, order_id TEXT NOT NULL UNIQUE, postal_code TEXT NOT NULL) STRICT;
`

type order struct {
	ID         string `json:"id"`
	PostalCode string `json:"postalCode"`
}

type shipment struct {
	TrackingNumber string `json:"trackingNumber"`
}

// The handler shipping.book over a database of its own.
type shipping struct {
	store *Store
	hold  string
}

func (s *shipping) book(attempt *Attempt) ([]byte, error) {
	var order order
	if err := encoding.Unmarshal(attempt.Task.Input.GetData(), &order); err != nil {
		return nil, err
	}
	return s.store.Perform(attempt, func(tx *sql.Tx) ([]byte, error) {
		if order.PostalCode == "99950" {
			return nil, &BusinessNo{"no-carrier", "No carrier serves " + order.PostalCode}
		}
		booked, err := tx.Exec("INSERT INTO shipment (order_id, postal_code) VALUES (?, ?)",
			order.ID, order.PostalCode)
		if err != nil {
			return nil, err
		}
		number, err := booked.LastInsertId()
		if err != nil {
			return nil, err
		}
		wait(s.hold, attempt.Key())
		return encoding.Marshal(shipment{fmt.Sprintf("SHIP-%d", 1000+number)})
	})
}

func (s *shipping) cancel(attempt *Attempt) ([]byte, error) {
	var order order
	if err := encoding.Unmarshal(attempt.Task.Input.GetData(), &order); err != nil {
		return nil, err
	}
	return nil, s.store.Undo(attempt, func(tx *sql.Tx, _ []byte) error {
		_, err := tx.Exec("DELETE FROM shipment WHERE order_id = ?", order.ID)
		return err
	})
}

// Waits while there is a file at the path, so that a process can be killed here.
func wait(path, text string) {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return
	}
	fmt.Fprintln(file, text)
	file.Close()
	for err == nil {
		time.Sleep(10 * time.Millisecond)
		_, err = os.Stat(path)
	}
}

type list []string

func (l *list) String() string         { return strings.Join(*l, ",") }
func (l *list) Set(value string) error { *l = append(*l, value); return nil }

func main() {
	var coordinators list
	flag.Var(&coordinators, "coordinator", "`host:port` where sagad listens; repeatable")
	database := flag.String("database", "", "the service's own SQLite `file`")
	instance := flag.String("instance", "", "which process of the service this is (default: random)")
	show := flag.Bool("show", false, "print the ledger, and serve nothing")
	hold := flag.String("hold", "", "while this `file` exists, a booking waits before it commits")
	flag.Parse()
	if *database == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(64)
	}
	if len(coordinators) == 0 {
		coordinators = list{"127.0.0.1:7242"}
	}
	store, err := OpenStore(*database, shipments)
	if err != nil {
		log.Fatal(err)
	}
	if *show {
		var count int
		if err := store.database.QueryRow("SELECT count(*) FROM shipment").Scan(&count); err != nil {
			log.Fatal(err)
		}
		fmt.Println("shipments", count)
		return
	}
	service := shipping{store, *hold}
	participant := Participant{
		Name: "shipping", Instance: *instance, Coordinators: coordinators,
		Handlers:  map[string]Handler{"shipping.book": {service.book, service.cancel}},
		Slots:     16,
		UndoSlots: 4, Drain: 10 * time.Second, EndedBelow: store.EndedBelow,
	}
	asked, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := participant.Run(asked); err != nil {
		log.Fatal(err)
	}
}
