package serve

import (
	"net"
	"sync"
)

// stage is an address at which one client is tested at a time.
type stage struct {
	listener net.Listener
	waits    bool // for clients that come by themselves

	mu    sync.Mutex
	scene *scene
	come  []net.Conn // connections while there is no scene
}

func newStage(address string, waits bool) (*stage, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	s := &stage{listener: l, waits: waits}
	go s.accept()
	return s, nil
}

// address returns where a client on this machine finds it.
func (s *stage) address() *net.TCPAddr {
	a := *s.listener.Addr().(*net.TCPAddr)
	if a.IP.IsUnspecified() {
		a.IP = net.IPv4(127, 0, 0, 1)
	}
	return &a
}

// accept gives connections to the scene, until the listener is closed.
func (s *stage) accept() {
	const most = 64
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			s.enter(nil)
			return
		}
		s.mu.Lock()
		switch {
		case s.scene != nil:
			s.scene.add(conn)
		case s.waits && len(s.come) < most:
			s.come = append(s.come, conn)
		default: // of a client that was killed
			_ = conn.Close()
		}
		s.mu.Unlock()
	}
}

// enter lets a scene have the connections from now on, nil no scene.
func (s *stage) enter(scene *scene) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scene = scene
	if scene == nil {
		return
	}
	for _, conn := range s.come {
		scene.add(conn)
	}
	s.come = nil
}
