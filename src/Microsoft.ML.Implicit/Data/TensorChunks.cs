using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Collects rows of unknown number into one tensor, with a managed buffer of one chunk.</summary>
internal sealed class TensorChunks
{
    private readonly int _chunkRows;
    private readonly int _width;
    private readonly float[] _buffer;
    private readonly List<Tensor> _chunks = [];
    private int _used;

    public TensorChunks(int chunkRows, int width)
    {
        _chunkRows = chunkRows;
        _width = width;
        _buffer = new float[chunkRows * width];
    }

    public long Count => ((long)_chunks.Count * _chunkRows) + _used;

    /// <summary>The next row, to be overwritten by the caller.</summary>
    public Span<float> NextRow()
    {
        if (_used == _chunkRows)
        {
            Flush();
        }

        return _buffer.AsSpan(_used++ * _width, _width);
    }

    /// <summary>All rows: float32 [rows, width].</summary>
    public Tensor ToTensor()
    {
        Flush();
        return _chunks.Count == 1 ? _chunks[0] : cat(_chunks, 0);
    }

    private void Flush()
    {
        if (_used > 0)
        {
            _chunks.Add(tensor(_buffer.AsSpan(0, _used * _width).ToArray(), [_used, _width]));
            _used = 0;
        }
    }
}
