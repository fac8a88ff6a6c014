using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// What a fit of coefficients has found out so far, in order. A fit that sets out anew asks the same questions in the same order: it is told what was found, and goes on where that ends.
/// </summary>
internal sealed class CoefficientJournal
{
    private readonly List<double[]> _findings = [];
    private int _told;

    // Where the search stands that follows the findings.
    private byte[]? _reached;

    /// <summary>Finds something out, or remembers it.</summary>
    public double[] Recall(Func<double[]> find)
    {
        if (_told == _findings.Count)
        {
            _findings.Add(find());
            _reached = null;
        }

        return _findings[_told++];
    }

    /// <summary>Keeps where the search stands that is under way.</summary>
    public void Reach(Action<BinaryWriter> write) => _reached = StoredData.Serialize(write);

    /// <summary>Brings the search that begins to where it was left, if it was.</summary>
    public void Resume(Action<BinaryReader> read)
    {
        if (_reached is not null)
        {
            read(new BinaryReader(new MemoryStream(_reached)));
        }
    }

    public void WriteState(BinaryWriter writer)
    {
        writer.Write(_findings.Count);
        foreach (double[] finding in _findings)
        {
            writer.Write(finding.Length);
            Array.ForEach(finding, writer.Write);
        }

        writer.Write(_reached?.Length ?? 0);
        writer.Write(_reached ?? []);
    }

    /// <exception cref="FormatException">What was read cannot be such a state.</exception>
    public void ReadState(BinaryReader reader)
    {
        int count = Length(reader);
        while (_findings.Count < count)
        {
            _findings.Add([.. Enumerable.Range(0, Length(reader)).Select(_ => reader.ReadDouble())]);
        }

        byte[] reached = reader.ReadBytes(Length(reader));
        _reached = reached.Length > 0 ? reached : null;
    }

    private static int Length(BinaryReader reader) =>
        reader.ReadInt32() is >= 0 and var length ? length : throw new FormatException("A length in the file is negative.");
}
