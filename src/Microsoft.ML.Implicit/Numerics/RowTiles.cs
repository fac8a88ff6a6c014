using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>A vector for each row of a batch, in tiles; or one vector that stands for all rows.</summary>
internal sealed unsafe class RowTiles : IDisposable
{
    private readonly int _rows;
    private readonly int _width;
    private readonly int _tiles;
    private readonly AlignedBuffer _values;

    /// <summary>Zeros.</summary>
    public RowTiles(int rows, int width)
    {
        (_rows, _width, _tiles) = (rows, width, Tile.Count(rows));
        _values = new AlignedBuffer((long)_tiles * Length);
    }

    /// <param name="rows"><c>[rows, width]</c>; a single row stands for all.</param>
    public RowTiles(Tensor rows)
        : this((int)rows.shape[0], (int)rows.shape[1])
    {
        using Tensor contiguous = rows.contiguous();
        fixed (float* source = MemoryMarshal.Cast<byte, float>(contiguous.bytes))
        {
            for (int tile = 0; tile < _tiles; tile++)
            {
                Tile.Load(source, _rows, _width, tile, At(tile));
            }
        }
    }

    /// <summary>Length of a tile.</summary>
    public int Length => Tile.Pad(_width) * Tile.Lanes;

    public float* At(int tile) => _values.Pointer + ((long)(_rows == 1 ? 0 : tile) * Length);

    /// <summary>The rows, <c>[rows, width]</c>, in a tensor that the caller owns.</summary>
    public Tensor ToTensor()
    {
        Tensor result = empty([_rows, _width], ScalarType.Float32);
        fixed (float* destination = MemoryMarshal.Cast<byte, float>(result.bytes))
        {
            for (int tile = 0; tile < _tiles; tile++)
            {
                Tile.Store(At(tile), _rows, _width, tile, destination);
            }
        }

        return result;
    }

    /// <inheritdoc/>
    public void Dispose() => _values.Dispose();
}
