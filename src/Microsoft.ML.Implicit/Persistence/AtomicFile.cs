namespace Microsoft.ML.Implicit.Persistence;

/// <summary>
/// Replaces a file as a whole: at any time its path holds the old content or the new one, whatever ends the program or the
/// write. A process that is killed may leave its temporary file, <c>path.*.tmp</c>, which nothing reads and
/// <see cref="RemoveLeftovers"/> removes.
/// </summary>
internal static class AtomicFile
{
    private const string Extension = ".tmp";

    /// <param name="path">File to create or replace; a symbolic link stays one, and the file that it names is replaced.</param>
    /// <param name="write">Writes the new content.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The disk is full or the file cannot be replaced; the old file is as it was.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string target = Target(path);
        if (Path.GetDirectoryName(Path.GetFullPath(target)) is { } folder && !Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"'{path}' cannot be written: there is no folder '{folder}'. Create it first.");
        }

        // In the same folder, since a file is moved at once only within a file system.
        string temporary = $"{target}.{Path.GetRandomFileName()}{Extension}";
        try
        {
            using (FileStream file = Create(temporary, target))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Removes temporary files of writers that were killed. Another that writes the file at this moment would fail.</summary>
    public static void RemoveLeftovers(string path)
    {
        string target = Path.GetFullPath(Target(path));
        int length = target.Length + 1 + Path.GetRandomFileName().Length + Extension.Length;
        foreach (string file in Directory.EnumerateFiles(Path.GetDirectoryName(target)!, $"*{Extension}"))
        {
            if (file.Length == length && file.StartsWith($"{target}.", StringComparison.Ordinal))
            {
                File.Delete(file);
            }
        }
    }

    // Whoever may read the file that is replaced, and nobody else, may read the one in its place, and no more while that is written.
    private static FileStream Create(string temporary, string target)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (OperatingSystem.IsWindows() || !File.Exists(target))
        {
            return new FileStream(temporary, options);
        }

        UnixFileMode mode = File.GetUnixFileMode(target);
        options.UnixCreateMode = mode;
        var file = new FileStream(temporary, options);
        try
        {
            // The process's mask may have taken permissions away.
            File.SetUnixFileMode(file.SafeFileHandle, mode);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static string Target(string path) =>
        new FileInfo(path) is { LinkTarget: not null } link ? link.ResolveLinkTarget(returnFinalTarget: true)!.FullName : path;
}
