using Microsoft.ML.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Collects feature vectors of unknown number into one tensor, with managed buffers of one chunk.</summary>
internal sealed class FeatureChunks
{
    private const int ChunkRows = 4096;
    private const long ChunkValues = 1 << 20;

    private readonly int _width;
    private readonly bool _allowsSparse;
    private readonly VBuffer<float>[] _buffer = new VBuffer<float>[ChunkRows];
    private readonly List<Tensor> _chunks = [];
    private int _used;
    private long _usedValues;
    private long _usedNonZeros;
    private long _rows;
    private long _nonZeros;

    /// <param name="width">Length of a vector.</param>
    /// <param name="allowsSparse">Whether the tensor may be in coordinate format, where vectors are wide and mostly zeros.</param>
    public FeatureChunks(int width, bool allowsSparse)
    {
        _width = width;
        _allowsSparse = allowsSparse;
    }

    public void Add(ref readonly VBuffer<float> row)
    {
        row.CopyTo(ref _buffer[_used++]);
        _usedValues += row.GetValues().Length;
        _usedNonZeros += _allowsSparse ? FeatureTensor.CountNonZeros(in row) : _width;
        if (_used == ChunkRows || _usedValues >= ChunkValues)
        {
            Flush();
        }
    }

    /// <summary>All rows: float32 [rows, width].</summary>
    public Tensor ToTensor()
    {
        Flush();
        bool isSparse = _allowsSparse && FeatureTensor.IsSparse(_nonZeros, _rows, _width);
        for (int i = 0; i < _chunks.Count; i++)
        {
            if (_chunks[i].is_sparse != isSparse)
            {
                using Tensor chunk = _chunks[i];
                _chunks[i] = isSparse ? chunk.to_sparse() : chunk.to_dense();
            }
        }

        return _chunks.Count == 1 ? _chunks[0] : cat(_chunks, 0);
    }

    private void Flush()
    {
        if (_used == 0)
        {
            return;
        }

        ReadOnlySpan<VBuffer<float>> rows = _buffer.AsSpan(0, _used);
        bool isSparse = _allowsSparse && FeatureTensor.IsSparse(_usedNonZeros, _used, _width);
        _chunks.Add(isSparse ? FeatureTensor.Sparse(rows, _width) : FeatureTensor.Dense(rows, _width));
        _rows += _used;
        _nonZeros += _usedNonZeros;
        (_used, _usedValues, _usedNonZeros) = (0, 0, 0);
    }
}
