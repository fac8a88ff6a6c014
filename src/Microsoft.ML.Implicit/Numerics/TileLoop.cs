namespace Microsoft.ML.Implicit.Numerics;

/// <summary>Runs work on tiles, on as many threads as torch would use, where there is enough of it.</summary>
internal sealed class TileLoop
{
    // Starting and joining threads costs some ten microseconds; below this many multiplications that would not pay.
    private const long SmallestParallelWork = 1 << 20;
    private const int ChunksPerThread = 1;

    private readonly int _tiles;
    private readonly ParallelOptions _options;
    private readonly bool _mayRunInParallel;

    public TileLoop(int tiles, int threads, long workPerTile)
    {
        _tiles = tiles;
        _options = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(threads, 1) };
        _mayRunInParallel = threads > 1 && tiles > 1 && workPerTile * tiles >= SmallestParallelWork;
        ChunkCount = _mayRunInParallel ? Math.Min(tiles, threads * ChunksPerThread) : 1;
    }

    /// <summary>Number of chunks of tiles that may run at once; each needs its own scratch memory.</summary>
    public int ChunkCount { get; }

    /// <summary>Calls an action for each tile, with the index of the chunk it belongs to.</summary>
    public void Run(Action<int, int> action)
    {
        if (!_mayRunInParallel)
        {
            for (int tile = 0; tile < _tiles; tile++)
            {
                action(0, tile);
            }

            return;
        }

        Parallel.For(0, ChunkCount, _options, chunk =>
        {
            int end = (int)((long)_tiles * (chunk + 1) / ChunkCount);
            for (int tile = (int)((long)_tiles * chunk / ChunkCount); tile < end; tile++)
            {
                action(chunk, tile);
            }
        });
    }
}
