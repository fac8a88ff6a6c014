using Microsoft.ML.Data;
using Microsoft.ML.TorchSharp;
using Mono.Cecil;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Siblings;

/// <summary>Microsoft.ML.TorchSharp is compiled against TorchSharp 0.102.7 and runs here with the version that this library asks for.</summary>
[TestClass]
public class TorchSharpVersionTests
{
    [TestMethod]
    public void Of_what_the_sibling_calls_in_TorchSharp_only_interpolate_is_gone()
    {
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(AppContext.BaseDirectory);
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location)!);
        using ModuleDefinition sibling = ModuleDefinition.ReadModule(
            Path.Combine(AppContext.BaseDirectory, "Microsoft.ML.TorchSharp.dll"), new ReaderParameters { AssemblyResolver = resolver });

        string[] types = [.. sibling.GetTypeReferences().Where(type => IsTorchSharp(type) && type.Resolve() is null).Select(type => type.FullName)];
        string[] members = [.. sibling.GetMemberReferences().Where(member => IsTorchSharp(member.DeclaringType) && Resolve(member) is null).Select(member => member.Name)];

        Assert.IsEmpty(types);
        Assert.AreSequenceEqual(["interpolate"], members);
    }

    [TestMethod]
    public void Training_a_text_classifier_of_the_sibling_fails_because_initialisers_return_their_argument()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var ml = new MLContext(seed: 1) { TempFilePath = folder };
            RandomEncoder.Write(Path.Combine(folder, "mlnet", "NasBert2000000.tsm"));
            IDataView data = ml.Data.LoadFromEnumerable([new Text { Sentence = "good", Label = "positive" }, new Text { Sentence = "bad", Label = "negative" }]);
            EstimatorChain<TorchSharpBaseTransformer> pipeline = ml.Transforms.Conversion.MapValueToKey(nameof(Text.Label))
                .Append(ml.MulticlassClassification.Trainers.TextClassification(sentence1ColumnName: nameof(Text.Sentence), batchSize: 2, maxEpochs: 1));

            // The sibling disposes what torch.nn.init returns: once a second handle to the weight, now the weight itself.
            InvalidOperationException exception = Assert.ThrowsExactly<InvalidOperationException>(() => pipeline.Fit(data));
            Assert.Contains("Tensor invalid", exception.Message);
            using Tensor weight = zeros(2);
            Assert.AreSame(weight, nn.init.zeros_(weight));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool IsTorchSharp(TypeReference type) => type.GetElementType().Scope.Name == "TorchSharp";

    private static IMemberDefinition? Resolve(MemberReference member) =>
        member is MethodReference method ? method.Resolve() : ((FieldReference)member).Resolve();

    private sealed class Text
    {
        public string Sentence { get; set; } = "";

        public string Label { get; set; } = "";
    }
}
