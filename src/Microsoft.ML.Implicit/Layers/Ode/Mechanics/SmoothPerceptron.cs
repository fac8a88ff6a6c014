using Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;
using Microsoft.ML.Implicit.Layers.Ode.Perceptrons;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>
/// A multilayer perceptron whose products with its own Jacobian are operations that autograd follows: forces are first derivatives of energies, and
/// training differentiates forces once more, without a graph within a graph.
/// </summary>
internal sealed class SmoothPerceptron : nn.Module<Tensor, Tensor>
{
    private readonly PerceptronLayer[] _layers;
    private readonly DynamicsActivation _activation;
    private readonly AngleEmbedding _embedding;

    /// <param name="inputs">Columns of x, at least one.</param>
    /// <param name="hiddenWidths">Widths of the hidden layers, at least one each.</param>
    /// <param name="outputs">Columns of the output.</param>
    /// <param name="generator">Source of the initial values.</param>
    /// <param name="activation">Activation of the hidden layers.</param>
    /// <param name="angles">Columns of x that are angles.</param>
    public SmoothPerceptron(long inputs, IReadOnlyList<long> hiddenWidths, long outputs, Generator generator, DynamicsActivation activation, IReadOnlyCollection<int>? angles)
        : base(nameof(SmoothPerceptron))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        ArgumentNullException.ThrowIfNull(generator);
        if (angles?.Any(angle => angle < 0 || angle >= inputs) == true)
        {
            throw new ArgumentOutOfRangeException(nameof(angles), $"Angles are columns 0 to {inputs - 1}; given are {string.Join(", ", angles)}.");
        }

        _activation = activation;
        _embedding = new AngleEmbedding(inputs, [.. (angles ?? []).Distinct()]);
        long[] widths = [_embedding.Width, .. hiddenWidths, outputs];
        _layers = new PerceptronLayer[widths.Length - 1];
        for (int i = 0; i < _layers.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(widths[i + 1], 1, nameof(hiddenWidths));
            _layers[i] = new PerceptronLayer(widths[i], widths[i + 1], contextWidth: 0, hasTime: false, hasGate: false, generator);
        }

        register_module("layers", new TorchSharp.Modules.ModuleList<PerceptronLayer>(_layers));
    }

    /// <summary>[rows, inputs] to [rows, outputs].</summary>
    public override Tensor forward(Tensor x) => Evaluate(x).Output;

    /// <summary>The output with what its products need.</summary>
    public Evaluation Evaluate(Tensor x)
    {
        Tensor one = ones([], x.dtype, x.device);
        var derivatives = new Tensor[_layers.Length - 1];
        Tensor value = _embedding.Apply(x);
        for (int i = 0; i < _layers.Length; i++)
        {
            value = _layers[i].Bias.addmm(value, _layers[i].Weight);
            if (i < derivatives.Length)
            {
                value = _activation.Activate(value);
                derivatives[i] = _activation.Derivative(value, one);
            }
        }

        return new Evaluation(this, x, derivatives, value);
    }

    /// <summary><see cref="Evaluate"/> in a program.</summary>
    public PerceptronBlocks Compile(RowProgramBuilder program, Block x)
    {
        var derivatives = new Block[_layers.Length - 1];
        Block embedded = _embedding.Apply(program, x), value = embedded;
        for (int i = 0; i < _layers.Length; i++)
        {
            value = program.Affine(value, _layers[i].Weight, _layers[i].Bias);
            if (i < derivatives.Length)
            {
                (value, derivatives[i]) = program.Activate(value, _activation);
            }
        }

        return new PerceptronBlocks(program, _layers, _embedding, embedded, derivatives, value);
    }

    /// <summary>An output with the slopes of the hidden layers.</summary>
    public sealed record Evaluation(SmoothPerceptron Network, Tensor Input, Tensor[] Derivatives, Tensor Output)
    {
        /// <summary>[rows, outputs] to [rows, inputs]: aᵀ ∂y/∂x.</summary>
        public Tensor Pullback(Tensor cotangent)
        {
            for (int i = Network._layers.Length - 1; i >= 0; i--)
            {
                cotangent = (i < Derivatives.Length ? cotangent * Derivatives[i] : cotangent).matmul(Network._layers[i].Weight.t());
            }

            return Network._embedding.Pullback(Input, cotangent);
        }

        /// <summary>[rows, inputs] to [rows, outputs]: ∂y/∂x v.</summary>
        public Tensor Pushforward(Tensor tangent)
        {
            tangent = Network._embedding.Pushforward(Input, tangent);
            for (int i = 0; i < Network._layers.Length; i++)
            {
                tangent = tangent.matmul(Network._layers[i].Weight);
                tangent = i < Derivatives.Length ? tangent * Derivatives[i] : tangent;
            }

            return tangent;
        }
    }
}
