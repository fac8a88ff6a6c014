using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.NeuralOde;

/// <summary>Gradients of a whole network, penalties included, against central differences in float64.</summary>
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
    [DataRow(OdeFieldKind.Convolutional, DynamicsPenalties.KineticEnergy | DynamicsPenalties.SecondDerivative)]
    public void Gradients_are_those_of_central_differences(OdeFieldKind field, DynamicsPenalties penalties)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        var architecture = new NeuralOdeArchitecture(
            field, new ImageShape(1, 1, Inputs), Inputs, BinCount: 0, StateWidth: 3, AugmentedDimensions: 1, HiddenWidth: 4, HiddenLayers: 1, OutputWidth: 2, OdeSolverKind.Dopri5, Tolerance: 1e-10, MaximumSteps: 10_000, EnsembleSize: 1, Dropout: 0)
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
        (string Name, Tensor Parameter, Tensor Gradient)[] all = [.. network.named_parameters().Select(entry => (entry.name, (Tensor)entry.parameter, entry.parameter.grad!.clone()))];
        foreach ((string name, Tensor parameter, Tensor gradient) in all)
        {
            const double step = 1e-5;
            int index = (int)parameter.numel() / 2;
            double expected = (Shifted(parameter, index, step) - Shifted(parameter, index, -step)) / (2 * step);
            Assert.AreEqual(expected, gradient.view(-1)[index].item<double>(), 1e-6 * (1 + Math.Abs(expected)), $"{name}[{index}]");
        }

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

        double Shifted(Tensor parameter, int index, double by)
        {
            using DisposeScope inner = NewDisposeScope();
            Add(by);
            double loss = Loss();
            Add(-by);
            return loss;

            void Add(double amount)
            {
                using IDisposable noGradient = no_grad();
                parameter.view(-1)[index].add_(amount);
            }
        }
    }
}
