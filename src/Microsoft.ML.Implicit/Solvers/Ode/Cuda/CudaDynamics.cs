using Microsoft.ML.Implicit.Native.Cuda;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Cuda;

/// <summary>f as device code with its parameters, for one solve. Each block of a kernel takes a tile of <see cref="TileRows"/> rows.</summary>
internal sealed class CudaDynamics : IDisposable
{
    /// <summary>Threads of a block.</summary>
    public const int Threads = 256;

    // A GPU of today has about this many multiprocessors: fewer blocks leave some idle.
    private const int Multiprocessors = 128;
    private const int LargestTile = 32;
    private const int SharedBytes = 40 << 10;

    private readonly string _file;
    private readonly string[] _definitions;

    /// <param name="file">File of CUDA C++ with the functions <c>evaluate</c> and <c>pullback</c> that the kernels call.</param>
    /// <param name="definitions">Macros of the source, but for those of the tile.</param>
    /// <param name="size">Sizes of a row.</param>
    /// <param name="state">The initial state, for its rows, type and device.</param>
    /// <param name="createParameters">Creates what the functions are handed as parameters, given the rows of all tiles together.</param>
    public CudaDynamics(string file, IEnumerable<string> definitions, CudaDynamicsSize size, Tensor state, Func<int, Tensor> createParameters)
    {
        _file = file;
        Size = size;
        Rows = (int)(state.numel() / size.Dimension);
        int elementSize = state.dtype == ScalarType.Float64 ? sizeof(double) : sizeof(float);
        int shared = elementSize * Math.Max((2 * size.Dimension) + size.Record, (3 * size.Dimension) + size.AdjointScratch);
        int wanted = Math.Min(LargestTile, Rows / Multiprocessors);
        TileRows = 1 << int.Log2(Math.Max(1, Math.Min(SharedBytes / shared, wanted)));
        Fits = shared <= SharedBytes;
        _definitions =
        [
            CudaKernel.RealType(state.dtype), $"THREADS={Threads}", $"ROWS={TileRows}", $"DIMENSION={size.Dimension}", $"PARAMETERS={size.Parameters}",
            $"RECORD={TileRows * size.Record}", $"ADJOINT_SCRATCH={TileRows * size.AdjointScratch}", .. definitions,
        ];
        Parameters = createParameters(Blocks * TileRows);
    }

    public CudaDynamicsSize Size { get; }

    public int Rows { get; }

    public int TileRows { get; }

    public int Blocks => (Rows + TileRows - 1) / TileRows;

    /// <summary>Whether a tile of one row fits into shared memory.</summary>
    public bool Fits { get; }

    /// <summary>What the functions are handed as parameters.</summary>
    public Tensor Parameters { get; }

    /// <summary>Finds a kernel that calls the functions.</summary>
    /// <param name="file">File with its source.</param>
    /// <param name="name">Its name.</param>
    /// <param name="method">The method whose steps it takes.</param>
    public CudaKernel? FindKernel(string file, string name, RungeKutta method) =>
        CudaKernel.Find(name, [_file, file], [.. _definitions, $"STAGES={method.StageCount}"], Parameters.device);

    public void Dispose() => Parameters.Dispose();
}
