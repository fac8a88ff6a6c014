using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Reads the bits of a row and which of them are known.</summary>
internal sealed class BitReader
{
    private readonly VectorReader<float> _bits;
    private readonly VectorReader<float>? _known;
    private readonly float[] _given;

    public BitReader(DataViewRow row, BitColumns columns)
    {
        DataViewSchema.Column bits = row.Schema[columns.Bits];
        _bits = new VectorReader<float>(row, bits);
        _known = columns.Known is { } known ? new VectorReader<float>(row, row.Schema[known], NumberDataViewType.Single) : null;
        _given = new float[_bits.Length];
    }

    /// <summary>Reads the current row.</summary>
    /// <param name="bits">Receives the bits.</param>
    /// <param name="isKnown">Receives whether each is known; no bit is that is NaN.</param>
    public void Read(Span<float> bits, Span<bool> isKnown)
    {
        _bits.Read(bits);
        _known?.Read(_given);
        for (int bit = 0; bit < bits.Length; bit++)
        {
            isKnown[bit] = (_known is null || _given[bit] > 0) && !float.IsNaN(bits[bit]);
        }
    }
}
