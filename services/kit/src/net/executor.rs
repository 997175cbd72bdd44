//! Runs the tasks that the HTTP library makes of HTTP/2 requests.

use std::{
    future::Future,
    task::{Context, Waker},
};

/// Polls a task once before it queues it.
///
/// A connection makes up to a hundred tasks in one turn. Thousands of connections that all had to wait for their turn
/// would hold a gigabyte of tasks. Most responses are complete at the first poll, and then nothing is queued.
#[derive(Debug, Clone, Copy)]
pub(super) struct PollFirst;

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for PollFirst {
    fn execute(&self, task: F) {
        let mut task = Box::pin(task);
        // The runtime polls a pending task again, with a waker of its own.
        if task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
            drop(tokio::spawn(task));
        }
    }
}

#[cfg(test)]
mod tests {
    use hyper::rt::Executor;
    use tokio::sync::oneshot;

    use super::PollFirst;

    #[test]
    fn task_that_is_complete_at_once_is_not_queued() {
        let (sender, mut receiver) = oneshot::channel();
        // Without a runtime, queueing would panic.
        PollFirst.execute(async { sender.send(()).unwrap() });
        receiver.try_recv().unwrap();
    }

    #[tokio::test]
    async fn pending_task_is_completed_by_the_runtime() {
        let (sender, receiver) = oneshot::channel();
        let (done_sender, done) = oneshot::channel();
        PollFirst.execute(async {
            receiver.await.unwrap();
            done_sender.send(()).unwrap();
        });
        sender.send(()).unwrap();
        done.await.unwrap();
    }
}
