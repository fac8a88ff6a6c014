using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium.Managed;

/// <summary><see cref="ScaleFusion"/> in managed memory. Safe to use from several threads at once.</summary>
internal sealed unsafe class ManagedFusion : IDisposable
{
    private readonly ImagePlanes[] _planes;
    private readonly int[] _offsets;
    private readonly PlaneConvolution[] _within;
    private readonly Exchange[] _exchanges;
    private readonly AlignedBuffer _zeros;

    /// <param name="planes">Layout of each resolution, finest first.</param>
    /// <param name="offsets">Where each of them lies in a state.</param>
    /// <param name="kernels">A kernel for each pair of them, row by row.</param>
    public ManagedFusion(ImagePlanes[] planes, int[] offsets, IReadOnlyList<Tensor> kernels)
    {
        (_planes, _offsets) = (planes, offsets);
        int[] scales = [.. Enumerable.Range(0, planes.Length)];
        _within = [.. scales.Select(scale => new PlaneConvolution(Kernel(scale, scale), 3, planes[scale], planes[scale]))];
        _exchanges = [.. from to in scales from source in scales where to != source select CreateExchange(source, to)];
        ScratchLength = _exchanges.Select(exchange => exchange.Resized.Length).DefaultIfEmpty().Max();
        _zeros = new AlignedBuffer(ScratchLength);

        float[] Kernel(int from, int to) => kernels[(to * planes.Length) + from].ReadSingles();

        // The convolution between two resolutions is done at the coarser one.
        Exchange CreateExchange(int from, int to)
        {
            ImagePlanes coarser = planes[Math.Max(from, to)];
            var resized = new ImagePlanes(planes[Math.Min(from, to)].Channels, coarser.Height, coarser.Width);
            (ImagePlanes input, ImagePlanes output) = from < to ? (resized, coarser) : (coarser, resized);
            return new Exchange(from, to, resized, new PlaneConvolution(Kernel(from, to), 1, input, output));
        }
    }

    /// <summary>Floats that an evaluation works in.</summary>
    public int ScratchLength { get; }

    /// <summary>Multiplications for one state.</summary>
    public long Work => _within.Sum(convolution => convolution.Work) + _exchanges.Sum(exchange => exchange.Convolution.Work);

    /// <summary>output = T hidden + shift, which is zero in the border.</summary>
    /// <param name="hidden">A state with a border of zeros.</param>
    /// <param name="shift">A state.</param>
    /// <param name="output">Receives a state.</param>
    /// <param name="scratch"><see cref="ScratchLength"/> floats.</param>
    public void Apply(float* hidden, float* shift, float* output, float* scratch)
    {
        for (int scale = 0; scale < _planes.Length; scale++)
        {
            int offset = _offsets[scale];
            _within[scale].Apply(hidden + offset, shift + offset, output + offset);
        }

        foreach (Exchange exchange in _exchanges)
        {
            float* from = hidden + _offsets[exchange.From], to = output + _offsets[exchange.To];
            if (exchange.From < exchange.To)
            {
                ImageResizing.Pool(_planes[exchange.From], from, exchange.Resized, scratch);
                exchange.Convolution.Apply(scratch, to, to);
            }
            else
            {
                exchange.Convolution.Apply(from, _zeros.Pointer, scratch);
                ImageResizing.AddRepeated(exchange.Resized, scratch, _planes[exchange.To], to);
            }
        }

        for (int scale = 0; scale < _planes.Length; scale++)
        {
            _planes[scale].ClearBorder(output + _offsets[scale]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(_within, convolution => convolution.Dispose());
        Array.ForEach(_exchanges, exchange => exchange.Convolution.Dispose());
        _zeros.Dispose();
    }

    /// <summary>What one resolution gives another.</summary>
    /// <param name="From">The one.</param>
    /// <param name="To">The other.</param>
    /// <param name="Resized">Channels of the finer of them at the size of the coarser.</param>
    /// <param name="Convolution">At the coarser size.</param>
    private sealed record Exchange(int From, int To, ImagePlanes Resized, PlaneConvolution Convolution);
}
