//! Listening on a TCP address or a Unix socket.

use std::{
    fs, io,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
};

use rustix::net::sockopt::set_socket_send_buffer_size;
use tokio::net::{TcpListener, UnixListener};

use super::Address;
use super::{Stream, backlog::Backlog};

/// Bytes that the kernel keeps of a connection's responses; Linux doubles the value. The kernel reports that a client reads
/// only after a third of its buffer is free, so a large buffer makes a slow client look like a stalled one.
const SEND_BUFFER_BYTES: usize = 128 << 10;

/// An open port. The file of a Unix socket is removed with it.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    address: Address,
    /// Held for its drop.
    file: Option<SocketFile>,
}

/// A port that is closed for a while: connecting to it is refused. A Unix socket's file stays, so that there, too, it is
/// refused rather than not found.
#[derive(Debug)]
pub(super) struct Closed {
    address: Address,
    file: Option<SocketFile>,
}

impl Closed {
    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Opens the port again, at the same address.
    pub(super) async fn reopen(&mut self) -> io::Result<Listener> {
        let listener = Listener::bind(&self.address).await?;
        if let Some(old) = self.file.take() {
            old.leave();
        }
        Ok(listener)
    }
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// Opens a port. What an earlier process left behind as a Unix socket is removed first; a socket behind which
    /// a process still answers is not.
    ///
    /// # Errors
    /// What the kernel says.
    pub async fn bind(address: &Address) -> io::Result<Self> {
        match address {
            Address::Tcp(address) => {
                let listener = TcpListener::bind(address).await?;
                // Connections inherit it.
                set_socket_send_buffer_size(&listener, SEND_BUFFER_BYTES)?;
                let address = Address::Tcp(listener.local_addr()?);
                Ok(Self { socket: Socket::Tcp(listener), address, file: None })
            }
            Address::Unix(path) => {
                remove_stale(path).await?;
                let listener = UnixListener::bind(path)?;
                let file = Some(SocketFile::of(path)?);
                Ok(Self { socket: Socket::Unix(listener), address: address.clone(), file })
            }
        }
    }

    /// The address, with the port that the kernel chose where 0 was asked for.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Closes the port, for a while.
    pub(super) fn close(self) -> Closed {
        Closed { address: self.address, file: self.file }
    }

    /// Stops waiting for connections. The port closes, and a Unix socket's file is removed, when both parts are dropped.
    pub(super) fn into_backlog(self) -> io::Result<(Backlog, impl Sized)> {
        let backlog = match self.socket {
            Socket::Tcp(listener) => Backlog::tcp(listener)?,
            Socket::Unix(listener) => Backlog::unix(listener)?,
        };
        Ok((backlog, self.file))
    }

    /// Accepts the next connection. Skips connections that ended before they were accepted.
    ///
    /// # Errors
    /// The process or the host has run out of something, such as descriptors. The connection stays in the kernel's queue.
    pub(super) async fn accept(&self) -> io::Result<Stream> {
        loop {
            let accepted = match &self.socket {
                Socket::Tcp(listener) => listener.accept().await.map(|(stream, _)| Stream::tcp(stream)),
                Socket::Unix(listener) => listener.accept().await.map(|(stream, _)| Ok(Stream::Unix(stream))),
            };
            match accepted {
                Ok(Ok(stream)) => return Ok(stream),
                // An option of a connection that is gone cannot be set.
                Ok(Err(error)) => tracing::debug!(address = %self.address, %error, "connection ended at once"),
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// The file of a Unix socket, removed with its listener unless another process has replaced it.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    inode: u64,
}

impl SocketFile {
    fn of(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), inode: fs::symlink_metadata(path)?.ino() })
    }
}

impl SocketFile {
    /// Leaves what is there to its next owner, who may have been given the same inode.
    fn leave(mut self) {
        self.path.clear();
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|file| file.ino() == self.inode) {
            // Nothing to do about a failure: the next start removes what is stale.
            let _ = fs::remove_file(&self.path);
        }
    }
}

async fn remove_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(file) if !file.file_type().is_socket() => {
            Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is a file of this name, and it is not a socket"))
        }
        Ok(_) => match tokio::net::UnixStream::connect(path).await {
            Ok(_) => Err(io::Error::new(io::ErrorKind::AddrInUse, "another process listens on this socket")),
            Err(_) => fs::remove_file(path),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(folder: &tempfile::TempDir) -> (PathBuf, Address) {
        let path = folder.path().join("app.sock");
        (path.clone(), Address::Unix(path))
    }

    #[tokio::test]
    async fn a_stale_socket_is_replaced_and_the_file_goes_with_the_listener() {
        let folder = tempfile::tempdir().unwrap();
        let (path, address) = socket(&folder);
        // The standard library's listener leaves its file behind, as a killed process does.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let listener = Listener::bind(&address).await.unwrap();
        tokio::net::UnixStream::connect(&path).await.unwrap();
        drop(listener);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_socket_in_use_and_an_ordinary_file_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (path, address) = socket(&folder);
        let listener = Listener::bind(&address).await.unwrap();
        assert_eq!(Listener::bind(&address).await.unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(listener);
        fs::write(&path, "precious").unwrap();
        assert_eq!(Listener::bind(&address).await.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[tokio::test]
    async fn a_port_that_is_closed_for_a_while_refuses_and_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let (path, address) = socket(&folder);
        let mut closed = Listener::bind(&address).await.unwrap().close();
        let refused = tokio::net::UnixStream::connect(&path).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        let listener = closed.reopen().await.unwrap();
        drop(closed);
        tokio::net::UnixStream::connect(&path).await.unwrap();
        drop(listener.close());
        assert!(!path.exists(), "the file stays behind when nobody opens the port again");
    }

    #[tokio::test]
    async fn port_zero_becomes_the_port_that_was_taken() {
        let listener = Listener::bind(&"127.0.0.1:0".parse().unwrap()).await.unwrap();
        assert!(!listener.address().to_string().ends_with(":0"));
    }
}
