//! Taking turns: at most so many runs at once, first come first served, and
//! everyone who waits knows how many are before them.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

/// A queue with a number of places.
#[derive(Debug, Clone)]
pub(super) struct Queue(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    free: usize,
    waiting: VecDeque<watch::Sender<Turn>>,
    most_waiting: usize,
}

/// How many are before one; 0 is one's turn.
type Turn = usize;

/// A place; given back on drop.
#[derive(Debug)]
pub(super) struct Permit(Queue);

/// A place in the queue; given up on drop.
#[derive(Debug)]
pub(super) struct Waiting {
    queue: Queue,
    turn: watch::Receiver<Turn>,
    taken: bool,
}

impl Queue {
    /// So many run at once, and so many may wait.
    pub(super) fn new(places: usize, most_waiting: usize) -> Self {
        Self(Arc::new(Mutex::new(Inner { free: places, waiting: VecDeque::new(), most_waiting })))
    }

    /// Joins; `Err` is how many wait already.
    pub(super) fn join(&self) -> Result<Waiting, usize> {
        let mut inner = self.inner();
        inner.forget_those_who_left();
        if inner.waiting.len() >= inner.most_waiting {
            return Err(inner.waiting.len());
        }
        let (sender, turn) = watch::channel(inner.waiting.len() + 1);
        inner.waiting.push_back(sender);
        inner.advance();
        drop(inner);
        Ok(Waiting { queue: self.clone(), turn, taken: false })
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn forget_those_who_left(&mut self) {
        self.waiting.retain(|sender| !sender.is_closed());
    }

    /// Hands out free places and tells everyone else where they are.
    fn advance(&mut self) {
        self.forget_those_who_left();
        while self.free > 0
            && let Some(first) = self.waiting.pop_front()
        {
            if first.send(0).is_ok() {
                self.free -= 1;
            }
        }
        for (before, sender) in self.waiting.iter().enumerate() {
            sender.send_if_modified(|turn| std::mem::replace(turn, before + 1) != before + 1);
        }
    }
}

impl Waiting {
    /// Waits for the turn, saying each new position, from 1.
    pub(super) async fn turn(mut self, mut say: impl FnMut(usize)) -> Permit {
        loop {
            let before = *self.turn.borrow_and_update();
            if before == 0 {
                self.taken = true;
                return Permit(self.queue.clone());
            }
            say(before);
            // Our sender stays in the queue until it has said 0.
            if self.turn.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // A turn that came and was not taken goes to the next.
        let mut inner = self.queue.inner();
        let mine = *self.turn.borrow() == 0;
        if !self.taken && mine {
            inner.free += 1;
        }
        // Replacing our receiver closes its sender, which is how one leaves.
        self.turn = watch::channel(0).1;
        inner.advance();
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut inner = self.0.inner();
        inner.free += 1;
        inner.advance();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn those_who_wait_move_up_and_those_who_leave_are_forgotten() {
        let queue = Queue::new(1, 3);
        let first = queue.join().unwrap().turn(|_| panic!("the first does not wait")).await;
        let left = queue.join().unwrap();
        let second = queue.join().unwrap();
        assert_eq!(*second.turn.borrow(), 2);
        drop(left);
        assert_eq!(*second.turn.borrow(), 1);
        queue.join().unwrap(); // joined and left at once
        drop(first);
        let mut positions = Vec::new();
        let permit = second.turn(|position| positions.push(position)).await;
        assert!(positions.is_empty(), "it was its turn already");
        drop(permit);
        assert_eq!(queue.inner().free, 1);
    }

    #[tokio::test]
    async fn a_full_queue_says_how_many_wait() {
        let queue = Queue::new(1, 1);
        let _running = queue.join().unwrap().turn(|_| ()).await;
        let _waiting = queue.join().unwrap();
        assert_eq!(queue.join().unwrap_err(), 1);
    }

    #[tokio::test]
    async fn a_turn_that_nobody_takes_goes_to_the_next() {
        let queue = Queue::new(1, 3);
        let running = queue.join().unwrap().turn(|_| ()).await;
        let gone = queue.join().unwrap();
        let next = queue.join().unwrap();
        drop(running); // now it is the turn of `gone`
        drop(gone);
        next.turn(|_| ()).await;
    }
}
