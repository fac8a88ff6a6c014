using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Layers.Equilibrium;
using TorchSharp;
using static TorchSharp.torch;

namespace Documentation.Extending;

/// <summary>A regression of one's own: a linear head on a deep-equilibrium layer, from "Features" and "Label" to "Score".</summary>
public sealed class EquilibriumRegression(MLContext ml, int width = 8, int epochs = 60, long seed = 1) : IEstimator<ITransformer>
{
    public ITransformer Fit(IDataView input)
    {
        float[][] rows = [.. input.GetColumn<float[]>("Features")];
        float[] labels = [.. input.GetColumn<float>("Label")];
        using var generator = new Generator((ulong)seed);
        var layer = new DeepEquilibrium(new ContractionCell(rows[0].Length, width, generator));
        var head = nn.Linear(width, 1);

        using DisposeScope scope = NewDisposeScope();
        Tensor x = tensor([.. rows.SelectMany(row => row)], [rows.Length, rows[0].Length]);
        Tensor y = tensor(labels).unsqueeze(1);
        using var optimizer = optim.AdamW([.. layer.parameters(), .. head.parameters()], lr: 0.03);
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            using DisposeScope step = NewDisposeScope();
            optimizer.zero_grad();
            layer.Backward(x, z => nn.functional.mse_loss(head.forward(z), y));
            optimizer.step();
        }

        return Scoring(layer, head, rows[0].Length).Fit(input);
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => Scoring(null!, null!, 1).GetOutputSchema(inputSchema);

    private IEstimator<ITransformer> Scoring(DeepEquilibrium layer, nn.Module<Tensor, Tensor> head, int featureCount)
    {
        SchemaDefinition inputs = SchemaDefinition.Create(typeof(Input));
        inputs["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, featureCount);
        return ml.Transforms.CustomMapping<Input, Output>(
            (row, result) =>
            {
                using DisposeScope scope = NewDisposeScope();
                using IDisposable noGraph = no_grad();
                Tensor z = layer.Solve(tensor(row.Features).unsqueeze(0)).Solution;
                result.Score = head.forward(z).item<float>();
            },
            contractName: null,
            inputs);
    }

    private sealed class Input
    {
        public float[] Features { get; set; } = [];
    }

    private sealed class Output
    {
        public float Score { get; set; }
    }
}
