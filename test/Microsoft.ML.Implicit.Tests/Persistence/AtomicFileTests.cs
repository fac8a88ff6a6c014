using System.Text;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Tests.Persistence;

[TestClass]
public sealed class AtomicFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    private string FilePath => Path.Combine(_folder.FullName, "state");

    public void Dispose() => _folder.Delete(recursive: true);

    [TestMethod]
    public void A_file_is_created_and_replaced_and_nothing_else_is_left()
    {
        foreach (string content in new[] { "first", "second, and longer", "3" })
        {
            AtomicFile.Write(FilePath, Writer(content));
            AssertOnlyFileHolds(content);
        }
    }

    [TestMethod]
    public void At_every_moment_of_writing_the_path_holds_the_old_content_so_that_ending_the_process_loses_nothing()
    {
        AtomicFile.Write(FilePath, Writer("old"));
        AtomicFile.Write(FilePath, stream =>
        {
            for (int i = 0; i < 100; i++)
            {
                stream.Write(new byte[10_000]);
                stream.Flush();
                Assert.AreEqual("old", File.ReadAllText(FilePath));
            }
        });
        Assert.AreEqual(1_000_000, new FileInfo(FilePath).Length);
    }

    [TestMethod]
    public void A_write_that_fails_leaves_the_old_file_alone_and_no_other()
    {
        AtomicFile.Write(FilePath, Writer("old"));
        foreach (int length in new[] { 0, 1, 1_000_000 })
        {
            Assert.Throws<IOException>(() => AtomicFile.Write(FilePath, stream =>
            {
                stream.Write(new byte[length]);
                throw new IOException("No space left on device");
            }));
            AssertOnlyFileHolds("old");
        }
    }

    [TestMethod]
    public void A_path_that_cannot_be_replaced_is_an_error_and_leaves_no_temporary_file()
    {
        Directory.CreateDirectory(FilePath);
        Exception exception = Assert.Throws<Exception>(() => AtomicFile.Write(FilePath, Writer("new")));
        Assert.IsTrue(exception is IOException or UnauthorizedAccessException, exception.ToString());
        Assert.HasCount(1, _folder.GetFileSystemInfos());
    }

    [TestMethod]
    public void Writers_at_the_same_time_each_write_a_whole_file()
    {
        Parallel.For(0, 32, i => AtomicFile.Write(FilePath, Writer(new string((char)('a' + (i % 26)), 100_000))));
        string content = File.ReadAllText(FilePath);
        Assert.AreEqual(new string(content[0], 100_000), content);
        Assert.HasCount(1, _folder.GetFileSystemInfos());
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void A_symbolic_link_stays_one_and_the_file_behind_it_is_replaced()
    {
        string link = Path.Combine(_folder.FullName, "link");
        File.CreateSymbolicLink(link, FilePath);
        foreach (string content in new[] { "first", "second" })
        {
            AtomicFile.Write(link, Writer(content));
            Assert.AreEqual(content, File.ReadAllText(FilePath));
            Assert.AreEqual(FilePath, new FileInfo(link).LinkTarget);
        }
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void The_permissions_of_a_file_that_is_replaced_are_kept_and_hold_while_it_is_written()
    {
        foreach (UnixFileMode mode in new[] { UnixFileMode.UserRead | UnixFileMode.UserWrite, (UnixFileMode)0b110_110_110 })
        {
            AtomicFile.Write(FilePath, Writer("old"));
            Protect(FilePath, mode);
            AtomicFile.Write(FilePath, stream =>
            {
                Assert.AreEqual(mode, Permissions(((FileStream)stream).Name));
                stream.Write("new"u8);
            });
            Assert.AreEqual(mode, Permissions(FilePath));
            AssertOnlyFileHolds("new");
        }
    }

    [TestMethod]
    public void A_folder_that_is_missing_is_told_with_the_path_that_was_given()
    {
        string path = Path.Combine(_folder.FullName, "missing", "state");
        string message = Assert.Throws<DirectoryNotFoundException>(() => AtomicFile.Write(path, Writer("new"))).Message;
        StringAssert.Contains(message, $"'{path}'", StringComparison.Ordinal);
        Assert.IsFalse(message.Contains(".tmp", StringComparison.Ordinal), message);
    }

    private static void Protect(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    private static UnixFileMode? Permissions(string path) => OperatingSystem.IsWindows() ? null : File.GetUnixFileMode(path);

    private static Action<Stream> Writer(string content) => stream => stream.Write(Encoding.UTF8.GetBytes(content));

    private void AssertOnlyFileHolds(string content)
    {
        Assert.AreEqual(content, File.ReadAllText(FilePath));
        Assert.HasCount(1, _folder.GetFileSystemInfos());
    }
}
