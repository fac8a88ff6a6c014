using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.LearnedQuadraticProgram;

/// <summary>Gradients of every loss with respect to every parameter, by central differences.</summary>
[TestClass]
public class DecisionProblemTests
{
    [TestMethod]
    public void Gradients_of_imitation_are_those_of_its_loss()
    {
        var options = new LearnedQuadraticProgramOptions { Loss = DecisionLoss.Imitation, Q = 1, G = Markets.Ones, H = 0.4, LowerBounds = -1, PredictRightHandSide = true, HiddenWidth = 3 };
        AssertGradients(options, new DecisionArchitecture(2, 3, PredictsCost: true, 1, 3, 0, 0));
    }

    [TestMethod]
    public void Gradients_of_learned_constraints_are_those_of_the_loss()
    {
        var options = new LearnedQuadraticProgramOptions { Loss = DecisionLoss.Imitation, Q = 1, LowerBounds = 0, UpperBounds = 2, LearnedInequalities = 2, LearnedEqualities = 1 };
        AssertGradients(options, new DecisionArchitecture(2, 3, PredictsCost: true, 0, 0, 2, 1));
    }

    [TestMethod]
    public void Gradients_of_SPO_plus_are_those_of_its_loss()
    {
        // With curvature the minimiser is unique, so the subgradient is a gradient.
        LearnedQuadraticProgramOptions options = Markets.Options(DecisionLoss.SpoPlus);
        options.Q = 0.5;
        AssertGradients(options, new DecisionArchitecture(2, 3, PredictsCost: true, 0, 4, 0, 0));
    }

    [TestMethod]
    public void Gradients_of_regret_are_those_of_the_smoothed_decision()
    {
        LearnedQuadraticProgramOptions options = Markets.Options(DecisionLoss.Regret);
        options.Smoothing = 2;
        AssertGradients(options, new DecisionArchitecture(2, 3, PredictsCost: true, 0, 0, 0, 0));
    }

    [TestMethod]
    public void Gradients_of_the_cost_error_are_those_of_its_loss() =>
        AssertGradients(Markets.Options(DecisionLoss.CostError), new DecisionArchitecture(2, 3, PredictsCost: true, 0, 4, 0, 0));

    private static void AssertGradients(LearnedQuadraticProgramOptions options, DecisionArchitecture architecture)
    {
        const double step = 1e-5;
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(7, CPU);
        var data = new DecisionSet(
            randn([6, 2], ScalarType.Float64, generator: generator), rand([6, 3], ScalarType.Float64, generator: generator), zeros([6, 0], ScalarType.Float64), arange(6, ScalarType.Int64));
        var binding = new QuadraticBinding(new QuadraticTemplate(options), new DataViewSchema.Builder().ToSchema(), 3);
        using var network = new DecisionNetwork(architecture, generator);
        network.Initialize(data, options.Loss != DecisionLoss.Imitation, binding.Arguments(binding.CreateConstants(CPU), data.Columns));
        using (no_grad())
        {
            foreach (Parameter parameter in network.parameters())
            {
                parameter.add_(0.3 * randn(parameter.shape, ScalarType.Float64, generator: generator));
            }
        }

        var solver = new InteriorPointSolver(new InteriorPointOptions { Tolerance = 1e-12, GapTolerance = 1e-14 });
        using var problem = new DecisionProblem(network, binding, data, null, options, solver, Assert.Fail);
        Tensor all = arange(6, ScalarType.Int64);
        problem.TrainBatch(all, 0);
        (string Name, Parameter Parameter, double[] Gradient)[] gradients =
            [.. network.named_parameters().Select(named => (named.name, named.parameter, named.parameter.grad!.detach().reshape(-1).data<double>().ToArray()))];
        foreach ((string name, Parameter parameter, double[] gradient) in gradients)
        {
            for (int i = 0; i < gradient.Length; i++)
            {
                double difference = (Loss(parameter, i, step) - Loss(parameter, i, -step)) / (2 * step);
                Assert.AreEqual(difference, gradient[i], 1e-5 * (1 + Math.Abs(difference)), $"{name}[{i}]");
            }
        }

        double Loss(Parameter parameter, int index, double change)
        {
            Shift(parameter, index, change);
            double loss = problem.TrainBatch(all, 0).item<double>();
            Shift(parameter, index, -change);
            return loss;
        }
    }

    private static void Shift(Parameter parameter, int index, double change)
    {
        using IDisposable noGradient = no_grad();
        using Tensor entry = parameter.view(-1)[index];
        entry.add_(change);
    }
}
