using System.IO.Compression;
using System.Security.Cryptography;

namespace Microsoft.ML.Implicit.Tests.Persistence;

/// <summary>A model file taken apart, so that what is in it can be altered as a program would that knows its format.</summary>
internal sealed class ModelFile
{
    // Where ML.NET's model header keeps the place of the model's own data; that begins with its length and digest.
    private const int ModelOffset = 0x10;
    private const int DigestOffset = sizeof(int);
    private const int PayloadOffset = DigestOffset + SHA256.HashSizeInBytes;

    private readonly List<(string Name, byte[] Content)> _entries = [];
    private readonly int _model;

    public ModelFile(string path)
    {
        using ZipArchive archive = ZipFile.OpenRead(path);
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            using var content = new MemoryStream();
            using Stream stream = entry.Open();
            stream.CopyTo(content);
            _entries.Add((entry.FullName, content.ToArray()));
        }

        _model = _entries.FindIndex(entry => HoldsModel(entry.Content));
        Start = PayloadStart(_entries[_model].Content);
        End = Start + BitConverter.ToInt32(_entries[_model].Content, Start - PayloadOffset);
    }

    /// <summary>Where the model's own data begins.</summary>
    public int Start { get; }

    /// <summary>Where it ends.</summary>
    public int End { get; }

    /// <summary>The file with a value put into the model's data, and its digest made right again.</summary>
    public MemoryStream With(int offset, byte[] value)
    {
        byte[] altered = [.. _entries[_model].Content];
        value.CopyTo(altered, offset);
        SHA256.HashData(altered.AsSpan(Start, End - Start)).CopyTo(altered, Start - PayloadOffset + DigestOffset);
        var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (int i = 0; i < _entries.Count; i++)
            {
                using Stream entry = archive.CreateEntry(_entries[i].Name, CompressionLevel.NoCompression).Open();
                entry.Write(i == _model ? altered : _entries[i].Content);
            }
        }

        file.Position = 0;
        return file;
    }

    private static int PayloadStart(byte[] entry) => (int)BitConverter.ToInt64(entry, ModelOffset) + PayloadOffset;

    private static bool HoldsModel(byte[] entry)
    {
        if (entry.Length < ModelOffset + sizeof(long) || BitConverter.ToInt64(entry, ModelOffset) is var place && (place < 0 || place > entry.Length - PayloadOffset))
        {
            return false;
        }

        int start = PayloadStart(entry), length = BitConverter.ToInt32(entry, start - PayloadOffset);
        return length > 0 && length <= entry.Length - start
            && SHA256.HashData(entry.AsSpan(start, length)).AsSpan().SequenceEqual(entry.AsSpan(start - PayloadOffset + DigestOffset, SHA256.HashSizeInBytes));
    }
}
