using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode;

/// <summary>How often solves call a user's module: neither the number of rows nor their width may matter.</summary>
[TestClass]
public sealed class ModuleCallTests
{
    public static IEnumerable<object[]> Solves =>
    [
        [OdeMethods.Dopri5, OdeGradientMethod.CheckpointedAdjoint],
        [OdeMethods.Dopri5, OdeGradientMethod.BacksolveAdjoint],
        [OdeMethods.Kvaerno3, OdeGradientMethod.CheckpointedAdjoint],
        [OdeMethods.Kvaerno3, OdeGradientMethod.BacksolveAdjoint],
        [OdeMethods.Kvaerno5, OdeGradientMethod.CheckpointedAdjoint],
    ];

    [TestMethod]
    [DynamicData(nameof(Solves))]
    public void Calls_in_both_passes_depend_neither_on_the_number_of_rows_nor_on_their_width(OdeMethod method, OdeGradientMethod gradientMethod)
    {
        (int Forward, int Backward) expected = Calls(1, 2);
        foreach ((long batch, long width) in (ReadOnlySpan<(long, long)>)[(16, 2), (2, 16), (2, 80)])
        {
            (int Forward, int Backward) actual = Calls(batch, width);
            Assert.AreEqual(expected.Forward, actual.Forward, 0.3 * expected.Forward, $"forward, {batch} rows of {width}");
            Assert.AreEqual(expected.Backward, actual.Backward, 0.3 * expected.Backward, $"backward, {batch} rows of {width}");
        }

        (int Forward, int Backward) Calls(long batch, long width)
        {
            using DisposeScope scope = NewDisposeScope();
            using var module = new Relaxation(width);
            var options = new OdeOptions { Method = method, GradientMethod = gradientMethod, StepControl = new FixedStepControl(0.1) };
            var layer = new NeuralOde(module, options);
            Tensor start = linspace(0.2, 1, batch * width, ScalarType.Float64).view(batch, width).requires_grad_();
            Tensor end = layer.forward(start, tensor(new[] { 0.0, 0.3 }))[1];
            int forward = module.Calls;
            ImplicitBackward.Run(() => end.sum().backward());
            Assert.IsTrue(start.grad!.isfinite().all().item<bool>());
            return (forward, module.Calls - forward);
        }
    }

    [TestMethod]
    public void Rows_too_long_for_matrices_are_solved_and_differentiated_as_short_ones()
    {
        using DisposeScope scope = NewDisposeScope();
        const long Width = 16;
        const long Copies = 5;
        using var module = new Relaxation(Width);
        using var many = new Repeated(module, Copies);
        Tensor start = linspace(0.2, 1, 2 * Width, ScalarType.Float64).view(2, Width);
        foreach (OdeGradientMethod gradientMethod in (OdeGradientMethod[])[OdeGradientMethod.CheckpointedAdjoint, OdeGradientMethod.BacksolveAdjoint])
        {
            var options = new OdeOptions { Method = OdeMethods.Kvaerno3, GradientMethod = gradientMethod, StepControl = new FixedStepControl(0.25) };
            (Tensor Short, Tensor OfShort) = Solve(new NeuralOde(module, options), start);
            (Tensor Long, Tensor OfLong) = Solve(new NeuralOde(many, options), start.repeat(1, Copies));
            Assert.IsLessThan(1e-9, (Short.repeat(1, Copies) - Long).abs().max().item<double>());
            Assert.IsLessThan(1e-8, (OfShort.repeat(1, Copies) - OfLong).abs().max().item<double>(), $"{gradientMethod}");
        }

        static (Tensor End, Tensor Gradient) Solve(NeuralOde layer, Tensor from)
        {
            Tensor leaf = from.clone().requires_grad_();
            Tensor end = layer.forward(leaf, tensor(new[] { 0.0, 0.5 }))[1];
            ImplicitBackward.Run(() => end.pow(3).sum().backward());
            return (end.detach(), leaf.grad!);
        }
    }

    [TestMethod]
    public void A_stiff_row_too_long_for_matrices_is_solved_with_few_steps()
    {
        // Heat on a rod of 200 cells: modes decay at rates from 10 to 160,000.
        using DisposeScope scope = NewDisposeScope();
        const int Cells = 200;
        var heat = new Heat(Cells);
        Tensor place = (arange(Cells, dtype: ScalarType.Float64) + 0.5) / Cells;
        Tensor start = ((Math.PI * place).sin() + (0.3 * (3 * Math.PI * place).sin())).unsqueeze(0);
        var options = new OdeOptions { Method = OdeMethods.Kvaerno3, StepControl = new PiStepControl { AbsoluteTolerance = 1e-5, RelativeTolerance = 1e-5 } };
        using OdeSolution solution = OdeSolver.Solve(heat, start, [0, 0.1], options);
        Assert.IsTrue(solution.Converged);
        Assert.IsLessThan(60, solution.Statistics.AcceptedSteps);
        Tensor expected = (Math.Exp(-Math.PI * Math.PI * 0.1) * (Math.PI * place).sin()) + (0.3 * Math.Exp(-9 * Math.PI * Math.PI * 0.1) * (3 * Math.PI * place).sin());
        Assert.IsLessThan(1e-3, (solution.States[1][0] - expected).abs().max().item<double>());
    }

    private sealed class Heat(int cells) : IOdeTerm
    {
        public Tensor Evaluate(double time, Tensor state)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor padded = cat([state.narrow(1, 0, 1).neg(), state, state.narrow(1, cells - 1, 1).neg()], 1);
            return (padded.diff(dim: 1).diff(dim: 1) * ((double)cells * cells)).MoveToOuterDisposeScope();
        }
    }

    /// <summary>Every element relaxes in a field that its neighbours shift.</summary>
    private sealed class Relaxation : nn.Module<Tensor, Tensor, Tensor>
    {
        private readonly Parameter _shift;

        public Relaxation(long width)
            : base(nameof(Relaxation))
        {
            _shift = new Parameter(linspace(-0.5, 0.5, width, ScalarType.Float64));
            RegisterComponents();
        }

        public int Calls { get; private set; }

        public override Tensor forward(Tensor time, Tensor state)
        {
            Calls++;
            return (0.5 * state.roll(1, -1).tanh()) + _shift - (2 * state) - (0.2 * state.pow(3));
        }
    }

    private sealed class Repeated : nn.Module<Tensor, Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor, Tensor> _inner;
        private readonly long _copies;

        public Repeated(nn.Module<Tensor, Tensor, Tensor> inner, long copies)
            : base(nameof(Repeated))
        {
            (_inner, _copies) = (inner, copies);
            RegisterComponents();
        }

        public override Tensor forward(Tensor time, Tensor state) => cat([.. state.chunk(_copies, -1).Select(part => _inner.forward(time, part))], -1);
    }
}
