"""Words that passwords are made of when nobody thinks: our own list, Portuguese and English, without accents.

It is no list of breached passwords: none may be bundled. What it catches are passwords made of these words with
numbers, signs and capitals around them (oss.staff.password_rules). Words shorter than four letters are left out.
"""

from __future__ import annotations

WORDS = """
senha senhas minhasenha password passwort passwd passe passw0rd contrasena parola motdepasse secret secreto segredo
chave acesso entrar entrada login logon usuario user username guest convidado visitante teste testes testando test
testing tester temp temporario temporaria provisorio provisoria mudar mude trocar troque change changeme default
padrao inicial primeira primeiro novo nova novasenha admin admins administrador administradora administrator
adminadmin root toor super superuser supervisor gerente gerencia sysadmin suporte support tecnico tecnica atendente
atendimento financeiro caixa vendas vendedor comercial cobranca diretor diretoria chefe patrao dono empresa escritorio
cliente clientes assinante internet provedor provider telecom telecomunicacoes network fibra fiber optica wireless
wifi roteador router mikrotik routeros winbox ubiquiti ubnt intelbras huawei cisco juniper datacom fiberhome zyxel
tplink dlink radius hotspot pppoe servidor server service sistema system linux windows ubuntu debian oracle postgres
mysql database banco dados rede redes link links torre antena sinal mega gigabit milha console brasil brazil
brasileiro brasileira saopaulo riodejaneiro minas gerais bahia parana pernambuco ceara goias amazonas brasilia
curitiba salvador fortaleza recife belohorizonte portoalegre manaus goiania belem campinas santos lisboa portugal
america europa argentina flamengo corinthians palmeiras saopaulofc santosfc vasco botafogo fluminense cruzeiro
atletico galo gremio inter internacional bahiaec vitoria sport nautico santacruz coritiba athletico chelsea arsenal
barcelona liverpool juventus madrid milan futebol football soccer baseball basketball hockey neymar ronaldo ronaldinho
messi pele amor amore amorzinho meuamor amoreterno teamo tiamo teadoro paixao saudade beijo beijos carinho coracao
vida minhavida felicidade feliz alegria familia filho filha filhos mamae papai irmao irma vovo bebe princesa principe
rainha lindo linda gostosa gatinha gatinho gata gato cachorro amigo amiga amigos amizade sempre eterno love iloveyou
loveyou lovely lover babygirl angel angels anjo anjinho estrela star stars sunshine princess prince queen king kings
sweet baby honey friend friends forever heart hello helloworld welcome bemvindo welcometo deus jesus jesuscristo
cristo deusefiel deusmeama senhor espirito santo santa maria mariana nossasenhora aparecida saojorge saojose igreja
biblia biblico salmo salmos evangelho milagre gloria graca benedito amen amem aleluia faith blessed church ricardo
roberto carlos eduardo fernando fernanda marcelo marcos mateus matheus lucas joao jose pedro paulo antonio francisco
rafael rafaela gabriel gabriela daniel daniela bruno bruna felipe guilherme gustavo henrique leonardo leandro rodrigo
thiago tiago vinicius victor vitor andre andrea adriana alessandra aline amanda beatriz bianca camila carolina claudia
cristina debora eliane fabiana fabio flavia isabela jessica juliana julia larissa leticia luciana luana marcia monica
natalia patricia paula priscila renata roberta sandra simone sonia tatiana vanessa vera viviane michael michelle
jordan jordan23 charlie thomas robert andrew joshua matthew anthony george jennifer ashley nicole hannah sophie maggie
ginger pepper buddy segunda terca quarta quinta sexta sabado domingo janeiro fevereiro marco abril maio junho julho
agosto setembro outubro novembro dezembro natal anonovo carnaval pascoa verao outono inverno primavera monday tuesday
wednesday thursday friday saturday sunday january february march april june july august september october november
december summer autumn winter spring christmas newyear azul verde vermelho amarelo preto branco branca rosa roxo
laranja cinza dourado prata blue green yellow black white purple orange silver golden banana morango abacaxi chocolate
cafe cerveja caipirinha feijoada pizza coffee cookie cookies cheese butter apple cherry lemon dragon monkey tigger
tiger tigre leao lion panther eagle falcon wolf shark dolphin horse cavalo borboleta butterfly pantera aguia lobo
master mestre shadow ninja samurai hunter killer soldier warrior ranger batman superman superhomem spiderman
homemaranha starwars matrix pokemon naruto mario sonic zelda minecraft fortnite freefire counter strike playstation
xbox nintendo computer computador notebook celular telefone iphone samsung motorola android google facebook instagram
whatsapp youtube twitter tiktok netflix spotify microsoft amazon yahoo hotmail gmail outlook qwerty qwertyuiop azerty
asdf asdfgh zxcvbn qazwsx abcdef abcd1234 abc123 trustno letmein openup opensesame abracadabra access accessdenied
money dinheiro milionario millionaire dollar reais casa carro moto motocross ferrari porsche mustang corvette mercedes
toyota honda yamaha harley ford fiat volkswagen fusca caminhao music musica guitar guitarra rock metallica nirvana
beatles sertanejo samba pagode escola school college faculdade universidade professor professora student aluno
trabalho work office hacker hacked freedom liberdade justica whatever nothing something secreta forca forte fortes
facil dificil seguro segura seguranca security secure safe confidencial private privado private1 public publico
"""
STEMS = frozenset(WORDS.split())
