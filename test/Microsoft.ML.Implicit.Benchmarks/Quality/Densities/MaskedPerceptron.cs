using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Densities;

/// <summary>
/// Two hidden layers whose outputs for a column depend on the columns before it alone (Germain, Gregor, Murray and Larochelle, MADE, 2015).
/// </summary>
internal sealed class MaskedPerceptron : nn.Module<Tensor, Tensor>
{
    private readonly ModuleList<Linear> _layers;
    private readonly Tensor[] _masks;
    private readonly double _dropout;
    private readonly int _outputs;

    /// <param name="columns">Columns of a row.</param>
    /// <param name="width">Units of a hidden layer.</param>
    /// <param name="outputs">Outputs for each column.</param>
    /// <param name="dropout">Share of the hidden units left out in training.</param>
    /// <param name="device">Where it is to be evaluated; its weights begin on the CPU.</param>
    public MaskedPerceptron(int columns, int width, int outputs, double dropout, Device device)
        : base(nameof(MaskedPerceptron))
    {
        (_outputs, _dropout) = (outputs, dropout);
        int[] input = [.. Enumerable.Range(1, columns)];
        int[] hidden = [.. Enumerable.Range(0, width).Select(unit => columns == 1 ? 0 : (unit % (columns - 1)) + 1)];
        int[] output = [.. input.SelectMany(column => Enumerable.Repeat(column, outputs))];
        _layers = new ModuleList<Linear>(nn.Linear(columns, width), nn.Linear(width, width), nn.Linear(width, columns * outputs));
        _masks = [Mask(input, hidden, (from, to) => from <= to, device), Mask(hidden, hidden, (from, to) => from <= to, device), Mask(hidden, output, (from, to) => from < to, device)];
        RegisterComponents();
    }

    /// <summary>Draws the weights; the last layer is nearly zero, so that every column starts with the same outputs.</summary>
    public void Initialise(Generator generator)
    {
        using IDisposable noGradient = no_grad();
        for (int i = 0; i < _layers.Count; i++)
        {
            double bound = (i + 1 == _layers.Count ? 0.01 : 1) / Math.Sqrt(_layers[i].weight.shape[1]);
            _layers[i].weight.uniform_(-bound, bound, generator);
            _layers[i].bias!.zero_();
        }
    }

    /// <summary>Maps rows [rows, columns] to [rows, columns, outputs].</summary>
    public override Tensor forward(Tensor input)
    {
        Tensor x = input;
        for (int i = 0; i < _layers.Count; i++)
        {
            x = nn.functional.linear(x, _layers[i].weight * _masks[i], _layers[i].bias);
            x = i + 1 == _layers.Count ? x : nn.functional.dropout(x.relu(), _dropout, training);
        }

        return x.view(input.shape[0], input.shape[1], _outputs);
    }

    private static Tensor Mask(int[] from, int[] to, Func<int, int, bool> isConnected, Device device)
    {
        float[] mask = [.. to.SelectMany(target => from.Select(source => isConnected(source, target) ? 1f : 0f))];
        return tensor(mask, [to.Length, from.Length], device: device).DetachFromDisposeScope();
    }
}
