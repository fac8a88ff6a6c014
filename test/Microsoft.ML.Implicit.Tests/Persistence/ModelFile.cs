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

    public ModelFile(Stream file)
    {
        using var archive = new ZipArchive(file);
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

    /// <summary>The model's own data.</summary>
    public byte[] Payload => _entries[_model].Content[Start..End];

    /// <summary>The file with a value put into the model's data, and its digest made right again.</summary>
    public MemoryStream With(int offset, byte[] value)
    {
        byte[] payload = Payload;
        value.CopyTo(payload, offset - Start);
        return With(payload);
    }

    /// <summary>The file with other data of the model, and its length and digest.</summary>
    public MemoryStream With(byte[] payload)
    {
        byte[] content = _entries[_model].Content;
        int header = Start - PayloadOffset;
        byte[] altered = [.. content[..header], .. BitConverter.GetBytes(payload.Length), .. SHA256.HashData(payload), .. payload, .. content[End..]];
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
