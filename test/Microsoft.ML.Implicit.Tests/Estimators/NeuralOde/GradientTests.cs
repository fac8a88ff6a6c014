using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.NeuralOde;

/// <summary>Gradients of a whole network, penalties included, along a random direction against central differences in float64.</summary>
[TestClass]
public sealed class GradientTests
{
    private const int Rows = 3;
    private const int Inputs = 6;

    [TestMethod]
    [DataRow(OdeFieldKind.Dense, DynamicsPenalties.None)]
    [DataRow(OdeFieldKind.Dense, DynamicsPenalties.KineticEnergy | DynamicsPenalties.SecondDerivative)]
    [DataRow(OdeFieldKind.Dense, DynamicsPenalties.ThirdDerivative)]
    [DataRow(OdeFieldKind.Convolutional, DynamicsPenalties.None)]
    [DataRow(OdeFieldKind.Convolutional, DynamicsPenalties.KineticEnergy)]
    public void Gradients_are_those_of_central_differences(OdeFieldKind field, DynamicsPenalties penalties)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        var architecture = new NeuralOdeArchitecture(
            new PredictionSizes(new ImageShape(1, 1, Inputs), Inputs, HiddenWidth: 4, OutputWidth: 2, EnsembleSize: 1),
            field, StateWidth: 3, AugmentedDimensions: 1, HiddenLayers: 1, OdeSolverKind.Dopri5, Tolerance: 1e-10, MaximumSteps: 10_000)
        {
            Regularization = new OdeRegularization([.. Enum.GetValues<DynamicsPenalties>().Where(kind => kind != DynamicsPenalties.None && penalties.HasFlag(kind)).Select(kind => (kind, 0.3))], 0),
        };
        using var network = new NeuralOdeNetwork(architecture, Inputs, generator);
        network.to(ScalarType.Float64);
        foreach (Tensor parameter in network.parameters())
        {
            using IDisposable noGradient = no_grad();
            parameter.copy_(randn(parameter.shape, ScalarType.Float64, generator: generator) * 0.5);
        }

        Tensor input = randn(Rows, Inputs, ScalarType.Float64, generator: generator), target = randn(Rows, 2, ScalarType.Float64, generator: generator);
        Loss();
        Tensor[] parameters = [.. network.parameters()], gradients = [.. parameters.Select(parameter => parameter.grad!.clone())];
        Tensor[] directions = [.. parameters.Select(parameter => randn(parameter.shape, ScalarType.Float64, generator: generator))];
        double actual = gradients.Zip(directions).Sum(pair => (pair.First * pair.Second).sum().item<double>());
        const double step = 1e-5;
        double expected = (Shifted(step) - Shifted(-step)) / (2 * step);
        Assert.AreEqual(expected, actual, 1e-6 * (1 + Math.Abs(expected)));

        double Loss()
        {
            double value = 0;
            NetworkStep taken = network.Backward(
                input,
                output =>
                {
                    Tensor loss = (output - target).pow(2).mean();
                    value = loss.item<double>();
                    return loss;
                },
                CancellationToken.None);
            return value + (taken.Penalty?.item<double>() ?? 0);
        }

        double Shifted(double by)
        {
            using DisposeScope inner = NewDisposeScope();
            Move(by);
            double loss = Loss();
            Move(-by);
            return loss;
        }

        void Move(double by)
        {
            using IDisposable noGradient = no_grad();
            foreach ((Tensor parameter, Tensor direction) in parameters.Zip(directions))
            {
                parameter.add_(direction * by);
            }
        }
    }
}
