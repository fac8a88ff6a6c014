using BenchmarkDotNet.Attributes;
using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Micro;

/// <summary>
/// What a training step of the deep-equilibrium classifier is made of, on the CPU: one evaluation of the cell, one product with
/// its transposed Jacobian, a solve by each method, and the whole pass forward and back.
/// </summary>
[MemoryDiagnoser]
public class FixedPointBenchmarks : IDisposable
{
    private const int Batch = 256;
    private const double Tolerance = 1e-3;

    private DisposeScope? _scope;
    private DenseResidualCell _cell = null!;
    private DeepEquilibrium _anderson = null!;
    private DeepEquilibrium _broyden = null!;
    private DeepEquilibrium _picard = null!;
    private Injection _injection = null!;
    private CellLinearization _linearization = null!;
    private Tensor _input = null!;
    private Tensor _state = null!;

    /// <summary>Width of the state.</summary>
    [Params(32, 128)]
    public int Width { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _scope = NewDisposeScope();
        using var generator = new Generator(1);
        _cell = new DenseResidualCell(Width, Width, generator);
        _anderson = new DeepEquilibrium(_cell, Settings(new AndersonSolver(new AndersonSettings { RelativeTolerance = Tolerance })));
        _broyden = new DeepEquilibrium(_cell, Settings(new BroydenSolver(new BroydenSettings { RelativeTolerance = Tolerance })));
        _picard = new DeepEquilibrium(_cell, Settings(new PicardSolver(new PicardSettings { RelativeTolerance = Tolerance })));
        _input = randn(Batch, Width, generator: generator);
        _injection = _cell.Inject(_input).Detach();
        _state = _anderson.Solve(_input).Solution;
        _linearization = _cell.Linearize(_state, _injection);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _scope?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void Evaluation() => InScope(() => _cell.Iterate(_state, _injection));

    [Benchmark]
    public void VectorJacobianProduct() => InScope(() => _linearization.VectorJacobianProduct(_state));

    [Benchmark]
    public void Anderson() => InScope(() => _anderson.Solve(_input));

    [Benchmark]
    public void Broyden() => InScope(() => _broyden.Solve(_input));

    [Benchmark]
    public void Picard() => InScope(() => _picard.Solve(_input));

    [Benchmark]
    public void ForwardAndBackward()
    {
        using DisposeScope scope = NewDisposeScope();
        _anderson.Backward(_input, state => state.square().sum());
        _anderson.zero_grad();
    }

    private static EquilibriumSettings Settings(IFixedPointSolver solver) => new() { ForwardSolver = solver, BackwardSolver = solver };

    private static void InScope<T>(Func<T> action)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        _ = action();
    }
}
