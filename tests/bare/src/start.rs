//! How long a program takes from its start until it is ready.

use std::{
    net::SocketAddr,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::ensure;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A program that takes longer than this has failed to start.
const LIMIT: Duration = Duration::from_secs(10);
/// Pause between two attempts, and so the precision of the result.
const PAUSE: Duration = Duration::from_micros(200);

pub(crate) async fn measure(admin: SocketAddr, program: &[String]) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut child = Command::new(&program[0]).args(&program[1..]).stdout(Stdio::null()).spawn()?;
    let mut ready = false;
    while !ready && began.elapsed() < LIMIT && child.try_wait()?.is_none() {
        // A closed port refuses the connection; that is not an error here. A port that accepts it and is silent ends
        // with the limit.
        let rest = LIMIT.saturating_sub(began.elapsed());
        ready = matches!(tokio::time::timeout(rest, is_ready(admin)).await, Ok(Ok(true)));
        if !ready {
            std::thread::sleep(PAUSE);
        }
    }
    let took = began.elapsed();
    // Another server may have answered on the port of a program that could not bind it.
    let is_running = child.try_wait()?.is_none();
    child.kill()?;
    child.wait()?;
    ensure!(is_running, "{} has exited; is another server listening on {admin}?", program[0]);
    ensure!(ready, "{} was not ready within {LIMIT:?}", program[0]);
    println_ms(took);
    Ok(())
}

async fn is_ready(admin: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(admin).await?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    Ok(response.starts_with("HTTP/1.1 200 "))
}

#[expect(clippy::print_stdout, reason = "the figure is the program's output")]
fn println_ms(took: Duration) {
    println!("{:.1}", took.as_secs_f64() * 1e3);
}
