using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;

/// <summary>A problem's data as float64 memory of the CPU; the memory lives as long as the scope in which this was made.</summary>
internal sealed unsafe class DenseData
{
    private readonly QuadraticProblem _problem;
    private readonly Block _q;
    private readonly Block _p;
    private readonly Block _g;
    private readonly Block _h;
    private readonly Block _a;
    private readonly Block _b;
    private readonly Block _lower;
    private readonly Block _upper;

    public DenseData(QuadraticProblem problem)
    {
        _problem = problem;
        int n = problem.Variables, m = problem.Inequalities, k = problem.Equalities;
        _q = new Block(problem.Q, n * n, 2);
        _p = new Block(problem.P, n, 1);
        _g = new Block(problem.G, m * n, 2);
        _h = new Block(problem.H, m, 1);
        _a = new Block(problem.A, k * n, 2);
        _b = new Block(problem.B, k, 1);
        _lower = new Block(problem.Lower, n, 1);
        _upper = new Block(problem.Upper, n, 1);
    }

    public void LoadMatrices(DenseMatrices matrices, int row) => matrices.Load(_q[row], _g[row], _a[row], _problem.QuadraticType);

    public bool LoadRow(DenseRow target, DenseMatrices matrices, int row, bool fixesVariables) =>
        target.Load(matrices, _p[row], _h[row], _b[row], _lower[row], _upper[row], fixesVariables);

    /// <summary>Whether all rows have constraints in the same places, so that a factor for unit weights serves all.</summary>
    public bool SharesPattern => _problem.SharesMatrices && !_h.IsBatched && !_lower.IsBatched && !_upper.IsBatched;

    /// <summary>Whether no constraint of a row is switched off by an infinity.</summary>
    public bool HasFinitePattern() => _h.IsFinite() && _lower.IsFinite() && _upper.IsFinite();

    private sealed class Block
    {
        private readonly Tensor? _tensor;
        private readonly double* _start;
        private readonly int _size;

        public Block(Tensor? tensor, int size, int dimensions)
        {
            _size = tensor is null ? 0 : size;
            if (_size == 0)
            {
                return;
            }

            _tensor = tensor!.detach().to(ScalarType.Float64).cpu().contiguous();
            _start = (double*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(_tensor.bytes));
            IsBatched = tensor.dim() > dimensions;
        }

        public bool IsBatched { get; }

        public ReadOnlySpan<double> this[int row] => new(_start + (IsBatched ? (nint)row * _size : 0), _size);

        public bool IsFinite() => _tensor is null || Finite.All(new ReadOnlySpan<double>(_start, checked((int)_tensor.NumberOfElements)));
    }
}
