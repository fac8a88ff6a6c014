using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Tests.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode;

[TestClass]
public sealed unsafe class ManagedPerceptronTests
{
    // From the first step on, errors are well above the rounding of either evaluation, by which the next step would differ.
    private static readonly OdeOptions Loose = new() { StepControl = new PiStepControl { RelativeTolerance = 1e-4, AbsoluteTolerance = 1e-4, InitialStep = 0.4 } };

    public static IEnumerable<object[]> Cases =>
    [
        [1, 3, new long[] { 7 }, DynamicsActivation.Tanh, TimeConditioning.None, Loose],
        [5, 1, new long[] { 9, 6 }, DynamicsActivation.Softplus, TimeConditioning.Concatenate, Loose],
        [16, 4, new long[] { 8 }, DynamicsActivation.Tanh, TimeConditioning.Concatenate, Loose with { Method = OdeMethods.Tsit5 }],
        [33, 6, new long[] { 5, 4, 11 }, DynamicsActivation.Tanh, TimeConditioning.Concatenate, Loose with { Method = OdeMethods.Bosh3 }],
        [2, 2, Array.Empty<long>(), DynamicsActivation.Tanh, TimeConditioning.None, Loose with { Method = OdeMethods.Heun }],
        [7, 2, new long[] { 5 }, DynamicsActivation.Tanh, TimeConditioning.Concatenate, Loose with { Method = OdeMethods.RungeKutta4, StepControl = new FixedStepControl(0.1) }],
        [3, 2, new long[] { 5 }, DynamicsActivation.Tanh, TimeConditioning.Concatenate, Loose with { Method = OdeMethods.Dopri8 }],
        [3000, 8, new long[] { 64 }, DynamicsActivation.Tanh, TimeConditioning.None, Loose],
    ];

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Managed_and_tensor_evaluation_give_the_same_solution(int batch, int dimension, long[] hidden, DynamicsActivation activation, TimeConditioning time, OdeOptions options)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(8);
        var dynamics = new MlpDynamics(dimension, hidden, generator, activation, time);
        Tensor start = randn([batch, dimension], generator: generator);
        double[] times = [0, 0.01, 0.5, 0.6, 2];
        using IDisposable noGrad = no_grad();
        using OdeSolution managed = OdeSolver.Solve(dynamics, start, times, options);
        using OdeSolution tensors = OdeSolver.Solve(new FunctionTerm(dynamics.Evaluate), start, times, options);
        Assert.AreEqual(tensors.Statistics, managed.Statistics);
        Assert.IsLessThan(3e-6f, (managed.States - tensors.States).abs().max().item<float>());
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void The_managed_adjoint_gives_the_same_gradients(int batch, int dimension, long[] hidden, DynamicsActivation activation, TimeConditioning time, OdeOptions options)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(8);
        var dynamics = new MlpDynamics(dimension, hidden, generator, activation, time);
        Tensor start = randn([batch, dimension], generator: generator);
        double[] times = [2, 1.99, 1.2, 0];
        Tensor weights = randn([times.Length, batch, dimension], generator: generator);
        using OdeGradients a = Gradients(dynamics);
        using OdeGradients b = Gradients(new TensorsOnly(dynamics));
        Assert.IsLessThan(1e-5f, ((a.InitialState - b.InitialState).abs().max() / b.InitialState.abs().max()).item<float>());
        Assert.IsLessThan(1e-5f, ((a.Parameters - b.Parameters).abs().max() / b.Parameters.abs().max()).item<float>());

        OdeGradients Gradients(IDifferentiableOdeTerm term)
        {
            using OdeSolution solution = OdeSolver.Solve(term, start, times, options with { MaximumCheckpoints = 3 }, differentiable: true);
            return solution.Backward(weights);
        }
    }

    [TestMethod]
    public void The_result_does_not_depend_on_the_number_of_rows_beside_it()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using var generator = new Generator(8);
        var dynamics = new MlpDynamics(4, [32], generator);
        Tensor start = randn([50, 4], generator: generator);
        OdeOptions options = new() { Method = OdeMethods.RungeKutta4, StepControl = new FixedStepControl(0.1) };
        using OdeSolution all = OdeSolver.Solve(dynamics, start, [0, 1], options);
        using OdeSolution one = OdeSolver.Solve(dynamics, start.narrow(0, 41, 1), [0, 1], options);
        Assert.IsTrue(all.States.narrow(1, 41, 1).equal(one.States).all().item<bool>());
    }

    [TestMethod]
    public void A_row_that_diverges_is_told_apart()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using var generator = new Generator(8);
        var dynamics = new MlpDynamics(1, [], generator);
        dynamics.Weights[0].fill_(1e4f);
        Tensor start = ones(20, 1);
        start[7, 0] = tensor(1e30f);
        using OdeSolution solution = OdeSolver.Solve(dynamics, start, [0, 1], new OdeOptions { StepControl = new FixedStepControl(0.5), Method = OdeMethods.RungeKutta4 });
        Assert.AreEqual(SolveStatus.Diverged, solution.Status[7]);
        Assert.AreEqual(SolveStatus.Converged, solution.Status[6]);
    }

    [TestMethod]
    public void Vectorised_tanh_is_exact_to_3e_7_relative_to_its_value()
    {
        float[] values = [.. Enumerable.Range(-12_000, 24_001).Select(i => i * 1e-3f), .. Enumerable.Range(1, 31).Select(i => MathF.Pow(10, -i)), float.PositiveInfinity, float.NegativeInfinity];
        float[] results = Apply(values, VectorizedActivation.Tanh);
        for (int i = 0; i < values.Length; i++)
        {
            double exact = Math.Tanh(values[i]);
            Assert.IsLessThanOrEqualTo(3e-7 * Math.Abs(exact), Math.Abs(results[i] - exact), $"tanh({values[i]})");
        }

        Assert.IsTrue(float.IsNaN(Apply([float.NaN], VectorizedActivation.Tanh)[0]));
    }

    [TestMethod]
    public void Vectorised_softplus_is_exact_to_3e_7()
    {
        float[] values = [.. Enumerable.Range(-3_000, 6_001).Select(i => i * 1e-2f)];
        float[] results = Apply(values, VectorizedActivation.Softplus);
        for (int i = 0; i < values.Length; i++)
        {
            double exact = Math.Max(values[i], 0) + Math.Log(1 + Math.Exp(-Math.Abs(values[i])));
            Assert.IsLessThanOrEqualTo(3e-7 * Math.Max(1, exact), Math.Abs(results[i] - exact), $"softplus({values[i]})");
        }
    }

    private delegate void Activation(float* values, int length);

    private static float[] Apply(float[] values, Activation activation)
    {
        int width = Tile.Lanes;
        float[] padded = new float[(values.Length + width - 1) / width * width];
        values.CopyTo(padded, 0);
        fixed (float* pointer = padded)
        {
            activation(pointer, padded.Length);
        }

        return padded[..values.Length];
    }
}
