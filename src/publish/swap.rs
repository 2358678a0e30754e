//! One folder in the place of another. Where the file system can, both are exchanged in one step, and there is no moment
//! without a partition. Where it cannot, the old one steps aside (`as_of=D.replaced` in the staging area), then the new
//! one takes its place; whoever is killed between the two renames leaves the old one aside, and the next run, of whatever
//! day, puts it back ([`Area::recover`](super::area::Area)).

use std::fs;
use std::io;
use std::path::Path;

use super::Error;
use super::disk::{is_there, remove};

/// Swaps `staging` in for `folder`; what was there is then at `staging`, or gone. `aside` is where it steps meanwhile
/// where folders cannot be exchanged.
pub(super) fn swap(staging: &Path, folder: &Path, aside: &Path) -> Result<(), Error> {
    if !is_there(folder) {
        return fs::rename(staging, folder).map_err(|error| failed(staging, folder, error));
    }
    match exchange(staging, folder) {
        Ok(()) => Ok(()),
        Err(error) if cannot_exchange(&error) => step_aside(staging, folder, aside),
        Err(error) => Err(failed(staging, folder, error)),
    }
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn exchange(staging: &Path, folder: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, staging, CWD, folder, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn exchange(_staging: &Path, _folder: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether it is the exchange that this system does not know (EINVAL, ENOSYS, EOPNOTSUPP), or that a container forbids
/// (EPERM), and not the folders that are wrong.
fn cannot_exchange(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    matches!(error.kind(), InvalidInput | PermissionDenied | Unsupported)
}

fn step_aside(staging: &Path, folder: &Path, aside: &Path) -> Result<(), Error> {
    remove(aside)?;
    fs::rename(folder, aside).map_err(|error| failed(staging, folder, error))?;
    match fs::rename(staging, folder) {
        Ok(()) => {
            // To where the new one was staged, as after an exchange; left aside, it is removed by the next run.
            fs::rename(aside, staging).ok();
            Ok(())
        }
        Err(error) => match fs::rename(aside, folder) {
            Ok(()) => Err(failed(staging, folder, error)),
            Err(source) => {
                Err(Error::Aside { folder: folder.to_path_buf(), aside: aside.to_path_buf(), source })
            }
        },
    }
}

fn failed(staging: &Path, folder: &Path, error: io::Error) -> Error {
    let parent = |path: &Path| path.parent().unwrap_or(path).to_path_buf();
    match error.kind() {
        io::ErrorKind::CrossesDevices => {
            Error::OtherFileSystem { area: parent(staging), target: parent(folder) }
        }
        _ => Error::io(folder)(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, text: &str) {
        fs::create_dir_all(folder).ok();
        fs::write(folder.join("file"), text).ok();
    }

    fn read(folder: &Path) -> Option<String> {
        fs::read_to_string(folder.join("file")).ok()
    }

    #[test]
    fn without_an_exchange_the_old_folder_steps_aside() {
        let root = std::env::temp_dir().join(format!("tiermill-swap-{}", std::process::id()));
        let [staging, folder, aside] = ["staging", "folder", "aside"].map(|name| root.join(name));
        write(&staging, "new");
        write(&folder, "old");
        // Left by a run whose partition was replaced.
        write(&aside, "older");
        let swapped = step_aside(&staging, &folder, &aside);
        assert!(swapped.is_ok(), "{swapped:?}");
        let found = [&staging, &folder, &aside].map(|one| read(one));
        assert_eq!(found, [Some("old".to_owned()), Some("new".to_owned()), None]);
        // There is nothing to take its place: it steps back.
        fs::remove_dir_all(&staging).ok();
        let failed = step_aside(&staging, &folder, &aside);
        assert!(matches!(failed, Err(Error::Io { .. })), "{failed:?}");
        assert_eq!([&folder, &aside].map(|one| read(one)), [Some("new".to_owned()), None]);
        fs::remove_dir_all(&root).ok();
    }
}
