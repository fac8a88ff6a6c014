using Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>
/// An energy given by a multilayer perceptron (Greydanus, Dzamba, Yosinski, Hamiltonian neural networks, 2019), its gradient by one sweep forward and one back
/// in closed form.
/// </summary>
/// <example><code>
/// var energy = new PerceptronEnergy(dimension: 2, hiddenWidths: [32], generator);
/// var layer = new NeuralOde(new HamiltonianDynamics(energy));
/// </code></example>
public sealed class PerceptronEnergy : EnergyFunction
{
#pragma warning disable IDE1006 // The name of this field is the name in the state dictionary.
    private readonly SmoothPerceptron perceptron;
#pragma warning restore IDE1006

    /// <summary>Creates an energy with torch's default initialisation of linear layers, in float32.</summary>
    /// <param name="dimension">Width of the coordinates, at least one.</param>
    /// <param name="hiddenWidths">Widths of the hidden layers.</param>
    /// <param name="generator">Source of the initial values.</param>
    /// <param name="activation">Activation of the hidden layers.</param>
    /// <param name="angles">Which of the coordinates are angles in radians: the network sees their sine and cosine, so that a whole turn changes nothing.</param>
    /// <exception cref="ArgumentOutOfRangeException">A width is less than one, or an angle is no coordinate.</exception>
    public PerceptronEnergy(long dimension, IReadOnlyList<long> hiddenWidths, Generator generator, DynamicsActivation activation = DynamicsActivation.Softplus, IReadOnlyCollection<int>? angles = null)
        : base(nameof(PerceptronEnergy))
    {
        perceptron = new SmoothPerceptron(dimension, hiddenWidths, 1, generator, activation, angles);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor coordinates)
    {
        using DisposeScope scope = NewDisposeScope();
        return perceptron.forward(coordinates).squeeze(1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Gradient(Tensor coordinates)
    {
        using DisposeScope scope = NewDisposeScope();
        SmoothPerceptron.Evaluation evaluation = perceptron.Evaluate(coordinates);
        return evaluation.Pullback(ones_like(evaluation.Output)).MoveToOuterDisposeScope();
    }

    internal override Block? CompileGradient(RowProgramBuilder program, Block coordinates) => perceptron.Compile(program, coordinates).Gradient();
}
